#include "sim/scenario/places.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/strings.h"
#include "policies/diagnostic.h"
#include "steering/countries/countries.h"

namespace spillway::sim {
namespace {

constexpr absl::string_view kHeader =
    "place,country,region,lat,lon,asn,network,weight,bitrate,viewers_per_cache,detour,prefix";
constexpr int kInventedBits = 20;
constexpr uint32_t kInventedFirst = 240u << 24;
constexpr size_t kErrorsMax = 50;
constexpr size_t kFields = 12;
constexpr size_t kRegionMax = 8;
constexpr size_t kNameMax = 60;

class Parser {
 public:
  Parser(absl::string_view file, absl::string_view text) : file_(file), text_(text) {}

  absl::StatusOr<std::vector<NetworkPlace>> Run() {
    bool header = false;
    for (absl::string_view line : absl::StrSplit(text_, '\n')) {
      ++line_;
      begin_ = line.data();
      line = absl::StripAsciiWhitespace(line);
      if (line.empty() || line[0] == '#') continue;
      if (!header) {
        header = true;
        if (line != kHeader) Complain(line, "the first line names the columns", kHeader, line);
        continue;
      }
      ParseLine(line);
      if (errors_.size() >= kErrorsMax) break;
    }
    if (errors_.empty() && places_.empty())
      errors_.push_back(absl::StrCat(file_, ": error: no network; want one line at least"));
    if (!errors_.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));
    return std::move(places_);
  }

 private:
  // `at` is a part of the line.
  void Complain(absl::string_view at, absl::string_view what, absl::string_view want,
                absl::string_view got) {
    errors_.push_back(absl::StrCat(file_, ":", line_, ":", 1 + (at.data() - begin_), ": error: ",
                                   what, "; want ", want, ", got ", policies::Quoted(got)));
  }

  // For people, in reports: of readable characters.
  std::string Name(absl::string_view what, absl::string_view text) {
    if (text.empty() || text.size() > kNameMax ||
        std::any_of(text.begin(), text.end(), absl::ascii_iscntrl))
      Complain(text, what, absl::StrCat("a name of at most ", kNameMax, " bytes"), text);
    return std::string(text);
  }

  double Number(absl::string_view what, absl::string_view text, double least, double most,
                double absent) {
    if (text.empty()) return absent;
    double value = 0;
    if (!absl::SimpleAtod(text, &value) || !(value >= least && value <= most))
      Complain(text, what, absl::StrCat("a number from ", least, " to ", most), text);
    return value;
  }

  void ParseLine(absl::string_view line) {
    const std::vector<absl::string_view> field = absl::StrSplit(line, ',');
    if (field.size() != kFields) {
      Complain(line, "fields", absl::StrCat(kFields), absl::StrCat(field.size()));
      return;
    }
    if (places_.size() >= kPlacesMax) {
      Complain(line, "networks", absl::StrCat("at most ", kPlacesMax), "more");
      return;
    }
    NetworkPlace place;
    place.place = Name("place", field[0]);
    place.country = std::string(field[1]);
    if (FindCountry(field[1]) == nullptr)
      Complain(field[1], "country", "an ISO 3166-1 code such as DE", field[1]);
    place.region = std::string(field[2]);
    if (field[2].size() > kRegionMax ||
        !std::all_of(field[2].begin(), field[2].end(), absl::ascii_isalnum))
      Complain(field[2], "region", absl::StrCat("at most ", kRegionMax, " letters and digits"),
               field[2]);
    place.at.lat = Number("lat", field[3], -90, 90, 0);
    place.at.lon = Number("lon", field[4], -180, 180, 0);
    if (!field[5].empty() && !absl::SimpleAtoi(field[5], &place.asn))
      Complain(field[5], "asn", "an AS number such as 3320", field[5]);
    place.network = Name("network", field[6]);
    place.weight = Number("weight", field[7], 0, 1e9, 1);
    place.bitrate = Number("bitrate", field[8], 0.01, 10, 1);
    place.viewers_per_cache =
        field[9] == "one" ? -1 : Number("viewers_per_cache", field[9], 1, 1e9, 0);
    place.detour_ms = Number("detour", field[10], 0, 1000, 0);
    place.prefix = Prefix(field[11]);
    places_.push_back(std::move(place));
  }

  IpPrefix Prefix(absl::string_view text) {
    if (text.empty()) {
      const auto number = static_cast<uint32_t>(places_.size());
      return {IpAddress::V4(kInventedFirst + (number << (32 - kInventedBits))), kInventedBits};
    }
    const std::optional<IpPrefix> prefix = IpPrefix::Parse(text);
    if (!prefix || !prefix->address.is_v4()) {
      Complain(text, "prefix", "an IPv4 prefix such as 198.51.100.0/24", text);
      return {};
    }
    return *prefix;
  }

  const absl::string_view file_, text_;
  int line_ = 0;
  const char* begin_ = nullptr;  // of the line
  std::vector<NetworkPlace> places_;
  std::vector<std::string> errors_;
};

}  // namespace

absl::StatusOr<std::vector<NetworkPlace>> ParsePlaces(absl::string_view file,
                                                      absl::string_view text) {
  return Parser(file, text).Run();
}

}  // namespace spillway::sim
