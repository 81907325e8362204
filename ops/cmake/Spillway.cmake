# spillway_library/binary/test/fuzz/bench: one CMake target per library, with its layer and direct deps.
#
#   spillway_library(NAME dns_wire LAYER vocabulary HDRS reader.h SRCS reader.cc DEPS base absl::strings)
#
# Rules held here: (1) a library depends only on its own layer or a lower one; (2) what it includes
# it declares (tests/support/check_includes.py reads the house file written at configure time);
# (3) every header compiles on its own (target all_verify_interface_header_sets).

set(SPILLWAY_LAYERS base vocabulary engine core edge app)

find_program(SPILLWAY_CCACHE ccache)
if(SPILLWAY_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${SPILLWAY_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SPILLWAY_CCACHE})
endif()

add_library(spillway_flags INTERFACE)
target_compile_options(spillway_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Wno-missing-field-initializers   # designated initialisers leave the rest at its default on purpose
  $<$<BOOL:${SPILLWAY_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  -fno-omit-frame-pointer)
# GCC 12 warns about code inside its own and Abseil's headers once they are inlined.
target_compile_options(spillway_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict>)
target_include_directories(spillway_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_link_libraries(spillway_flags INTERFACE Threads::Threads)
if(SPILLWAY_SANITIZE)
  target_compile_options(spillway_flags INTERFACE -fsanitize=${SPILLWAY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(spillway_flags INTERFACE -fsanitize=${SPILLWAY_SANITIZE})
endif()
if(SPILLWAY_LIBFUZZER)
  target_compile_options(spillway_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
find_program(SPILLWAY_MOLD mold)
if(SPILLWAY_MOLD AND (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12.1))
  target_link_options(spillway_flags INTERFACE -fuse-ld=mold)
endif()

define_property(GLOBAL PROPERTY SPILLWAY_HOUSE)

function(spillway_layer_index layer out)
  list(FIND SPILLWAY_LAYERS "${layer}" index)
  if(index EQUAL -1)
    message(FATAL_ERROR "unknown layer '${layer}'; want one of: ${SPILLWAY_LAYERS}")
  endif()
  set(${out} ${index} PARENT_SCOPE)
endfunction()

function(spillway_check_layers name layer deps)
  spillway_layer_index(${layer} mine)
  foreach(dep IN LISTS deps)
    if(TARGET ${dep})
      get_target_property(dep_layer ${dep} SPILLWAY_LAYER)
      if(dep_layer)
        spillway_layer_index(${dep_layer} theirs)
        if(theirs GREATER mine)
          message(FATAL_ERROR "${name} (layer ${layer}) may not depend upward on ${dep} (layer ${dep_layer})")
        endif()
      endif()
    elseif(NOT dep MATCHES "::")
      message(FATAL_ERROR "${name} depends on ${dep}, which is not defined yet: wrong name, or a later layer?")
    endif()
  endforeach()
endfunction()

function(spillway_record kind name layer files deps)
  file(RELATIVE_PATH here ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(paths "")
  foreach(file IN LISTS files)
    list(APPEND paths "${here}/${file}")
  endforeach()
  string(REPLACE ";" "," paths "${paths}")
  string(REPLACE ";" "," deps "${deps}")
  set_property(GLOBAL APPEND_STRING PROPERTY SPILLWAY_HOUSE "${kind} ${name} ${layer} ${paths} ${deps}\n")
endfunction()

function(spillway_write_house)
  get_property(house GLOBAL PROPERTY SPILLWAY_HOUSE)
  file(WRITE ${PROJECT_BINARY_DIR}/house.txt "${house}")
endfunction()

function(spillway_library)
  cmake_parse_arguments(A "" "NAME;LAYER" "HDRS;SRCS;DEPS;DEFS" ${ARGN})
  spillway_check_layers(${A_NAME} ${A_LAYER} "${A_DEPS}")
  if(A_SRCS)
    add_library(${A_NAME} STATIC ${A_SRCS})
    target_sources(${A_NAME} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${A_HDRS})
    target_link_libraries(${A_NAME} PUBLIC spillway_flags ${A_DEPS})
  else()
    add_library(${A_NAME} INTERFACE)
    target_sources(${A_NAME} INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${A_HDRS})
    target_link_libraries(${A_NAME} INTERFACE spillway_flags ${A_DEPS})
  endif()
  if(A_DEFS)
    target_compile_definitions(${A_NAME} PRIVATE ${A_DEFS})
  endif()
  set_target_properties(${A_NAME} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON SPILLWAY_LAYER ${A_LAYER})
  spillway_record(library ${A_NAME} ${A_LAYER} "${A_HDRS};${A_SRCS}" "${A_DEPS}")
endfunction()

function(spillway_binary)
  cmake_parse_arguments(A "" "NAME;OUTPUT" "SRCS;DEPS" ${ARGN})
  spillway_check_layers(${A_NAME} app "${A_DEPS}")
  add_executable(${A_NAME} ${A_SRCS})
  target_link_libraries(${A_NAME} PRIVATE spillway_flags ${A_DEPS})
  set_target_properties(${A_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  spillway_record(binary ${A_NAME} app "${A_SRCS}" "${A_DEPS}")
endfunction()

# One GoogleTest binary, one ctest entry: spillway_test(NAME reader_test SRCS reader_test.cc DEPS dns_wire).
function(spillway_test)
  cmake_parse_arguments(A "" "NAME" "SRCS;DEPS" ${ARGN})
  add_executable(${A_NAME} ${A_SRCS})
  target_link_libraries(${A_NAME} PRIVATE spillway_flags ${A_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${A_NAME} PRIVATE SPILLWAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}" SPILLWAY_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_compile_options(${A_NAME} PRIVATE -O1 -g0)   # GoogleTest's macros are half the build time at -O2
  add_test(NAME ${A_NAME} COMMAND ${A_NAME})
  set_tests_properties(${A_NAME} PROPERTIES TIMEOUT 300 LABELS unit)
  spillway_record(test ${A_NAME} app "${A_SRCS}" "${A_DEPS}")
endfunction()

# A fuzz target NAME_fuzz from NAME_fuzz.cc. Without libFuzzer it is linked with a main that replays
# tests/fuzz/corpus/NAME, which is what `ops/test` runs.
function(spillway_fuzz)
  cmake_parse_arguments(A "" "NAME" "DEPS" ${ARGN})
  set(corpus ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${A_NAME})
  if(SPILLWAY_LIBFUZZER)
    add_executable(${A_NAME}_fuzz ${A_NAME}_fuzz.cc)
    target_link_options(${A_NAME}_fuzz PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${A_NAME}_fuzz COMMAND ${A_NAME}_fuzz -runs=0 ${corpus})
  else()
    add_executable(${A_NAME}_fuzz ${A_NAME}_fuzz.cc ${PROJECT_SOURCE_DIR}/tests/support/replay_main.cc)
    add_test(NAME ${A_NAME}_fuzz COMMAND ${A_NAME}_fuzz ${corpus})
  endif()
  target_link_libraries(${A_NAME}_fuzz PRIVATE spillway_flags ${A_DEPS})
  set_tests_properties(${A_NAME}_fuzz PROPERTIES TIMEOUT 300 LABELS fuzz)
  spillway_record(fuzz ${A_NAME} app "${A_NAME}_fuzz.cc" "${A_DEPS}")
endfunction()

function(spillway_bench)
  cmake_parse_arguments(A "" "NAME" "SRCS;DEPS" ${ARGN})
  add_executable(${A_NAME} ${A_SRCS})
  target_link_libraries(${A_NAME} PRIVATE spillway_flags ${A_DEPS} benchmark::benchmark_main)
  target_compile_definitions(${A_NAME} PRIVATE SPILLWAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  spillway_record(bench ${A_NAME} app "${A_SRCS}" "${A_DEPS}")
endfunction()
