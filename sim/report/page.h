// sim/report/page.h -- the report as one HTML page that needs nothing else: no network, no server.
//
//   web/rehearsal/{page.html, style.css, *.js} ──CMake (ops/cmake/EmbedText.cmake)──► PageFiles
//   PageFiles + EveningsJson + countries ──► Page
//
// One evening gives its report, several a comparison: the script looks at what the JSON holds.
#ifndef SPILLWAY_SIM_REPORT_PAGE_H_
#define SPILLWAY_SIM_REPORT_PAGE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace spillway::sim {

// Texts of web/rehearsal, compiled in.
struct PageFiles {
  absl::string_view html, style, script;
};
const PageFiles& EmbeddedPageFiles();

// `json`: EveningsJson's. Nothing in it can end the element that holds it.
std::string Page(absl::string_view title, absl::string_view json);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_REPORT_PAGE_H_
