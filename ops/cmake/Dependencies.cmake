# What Debian bookworm gives us and how it names it; reasons and traps in docs/DEPENDENCIES.md.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(absl REQUIRED CONFIG)
# Debian's package has both, its targets name the shared ones: 40 files to map before main() begins, a
# fifth of the time to the first answer.
get_property(imported DIRECTORY PROPERTY IMPORTED_TARGETS)
foreach(target IN LISTS imported)
  get_target_property(shared ${target} IMPORTED_LOCATION_NONE)
  string(REGEX REPLACE "[.]so[.0-9]*$" ".a" static "${shared}")
  if(target MATCHES "^absl::" AND EXISTS "${static}")
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION_NONE "${static}")
  endif()
endforeach()
find_package(simdjson 3 REQUIRED CONFIG)
find_package(yaml-cpp 0.7 REQUIRED CONFIG)
find_package(CURL REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
foreach(module IN ITEMS ldns libmaxminddb re2)   # no usable CMake config in bookworm
  pkg_check_modules(${module} REQUIRED IMPORTED_TARGET ${module})
endforeach()
if(SPILLWAY_TESTS)
  find_package(GTest 1.12 REQUIRED CONFIG)
  find_package(benchmark REQUIRED CONFIG)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  pkg_check_modules(lemon IMPORTED_TARGET lemon)   # optional: oracle of the solver's tests
endif()
