# spillway_embed: text files compiled into the program, as one struct of absl::string_view.
#
#   spillway_embed(OUTPUT page_files.cc HEADER sim/report/page.h NAMESPACE spillway::sim
#     TYPE PageFiles FUNCTION EmbeddedPageFiles TEXTS page.html style.css "a.js|b.js")
#
# writes OUTPUT, which defines FUNCTION: the TEXTS in the order of TYPE's members, files joined by |
# one after the other. Built anew when a file changes; no tool but CMake is needed. Run as a script
# (cmake -P) this file does the writing.
if(CMAKE_SCRIPT_MODE_FILE)
  set(code "// Generated from web/: do not edit.\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nnamespace {\n\n")
  set(members "")
  set(index 0)
  string(REPLACE " " ";" texts "${TEXTS}")
  foreach(text IN LISTS texts)
    string(APPEND code "constexpr char kText${index}[] =")
    string(REPLACE "|" ";" files "${text}")
    foreach(file IN LISTS files)
      file(READ ${file} content)
      string(FIND "${content}" ")embed\"" clash)
      if(NOT clash EQUAL -1)
        message(FATAL_ERROR "${file} holds what ends an embedded text: )embed\"")
      endif()
      string(APPEND code "\n    R\"embed(${content})embed\"")
    endforeach()
    string(APPEND code ";\n")
    list(APPEND members "{kText${index}, sizeof(kText${index}) - 1}")
    math(EXPR index "${index} + 1")
  endforeach()
  string(REPLACE ";" ", " members "${members}")
  string(APPEND code "\n}  // namespace\n\nconst ${TYPE}& ${FUNCTION}() {\n  static constexpr ${TYPE} kFiles = {${members}};\n"
    "  return kFiles;\n}\n\n}  // namespace ${NAMESPACE}\n")
  file(WRITE ${OUTPUT} "${code}")
  return()
endif()

set(SPILLWAY_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(spillway_embed)
  cmake_parse_arguments(A "" "OUTPUT;HEADER;NAMESPACE;TYPE;FUNCTION" "TEXTS" ${ARGN})
  string(REPLACE "|" ";" files "${A_TEXTS}")
  string(REPLACE ";" " " texts "${A_TEXTS}")
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${A_OUTPUT})
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DHEADER=${A_HEADER} -DNAMESPACE=${A_NAMESPACE} -DTYPE=${A_TYPE}
      -DFUNCTION=${A_FUNCTION} "-DTEXTS=${texts}" -P ${SPILLWAY_EMBED_SCRIPT}
    DEPENDS ${files} ${SPILLWAY_EMBED_SCRIPT} VERBATIM COMMENT "Embedding ${A_OUTPUT}")
endfunction()
