#include "sim/report/page.h"

#include "absl/strings/str_replace.h"
#include "base/json_writer.h"
#include "steering/countries/countries.h"

namespace spillway::sim {
namespace {

// Where the land is, roughly: a dot for each country.
std::string WorldJson() {
  JsonWriter w;
  w.BeginArray();
  for (const Country& country : AllCountries()) {
    w.BeginArray().String(country.code).String(country.name);
    w.Double(country.place.lat).Double(country.place.lon).EndArray();
  }
  w.EndArray();
  return w.Take();
}

// JSON has < inside of strings only, where \u003c means the same.
std::string InScript(absl::string_view json) {
  return absl::StrReplaceAll(json, {{"<", "\\u003c"}});
}

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

}  // namespace

std::string Page(absl::string_view title, absl::string_view json) {
  const PageFiles& files = EmbeddedPageFiles();
  return absl::StrReplaceAll(files.html, {{"{{title}}", Escaped(title)},
                                          {"{{style}}", files.style},
                                          {"{{script}}", files.script},
                                          {"{{world}}", InScript(WorldJson())},
                                          {"{{data}}", InScript(json)}});
}

}  // namespace spillway::sim
