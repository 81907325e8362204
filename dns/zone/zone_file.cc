#include "dns/zone/zone_file.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status.h"
#include "dns/zone/master_lines.h"
#include "dns/zone/zone_builder.h"

namespace spillway::dns {
namespace {

constexpr uint32_t kTtlMax = 0x7fffffff;  // RFC 2181 8
constexpr uint32_t kTtlDefault = 3600;    // when neither $TTL nor an earlier record says
constexpr int kIncludeDepthMax = 8;       // more than people nest; ends a file that includes itself
constexpr uint32_t kTtlNotGiven = 0xfffffffe;  // outside RFC 2181's range: no file can mean it

struct LdnsDeleter {
  void operator()(ldns_rdf* rdf) const { ldns_rdf_deep_free(rdf); }
  void operator()(ldns_rr* rr) const { ldns_rr_free(rr); }
};
using Rdf = std::unique_ptr<ldns_rdf, LdnsDeleter>;
using Rr = std::unique_ptr<ldns_rr, LdnsDeleter>;

absl::string_view RdfBytes(const ldns_rdf* rdf) {
  return {reinterpret_cast<const char*>(ldns_rdf_data(rdf)), ldns_rdf_size(rdf)};
}

Rdf RdfOf(const Name& name) {
  return Rdf(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.size(), name.wire().data()));
}

// Wire form, names uncompressed.
std::string DataOf(const ldns_rr& rr) {
  std::string data;
  for (size_t i = 0; i < ldns_rr_rd_count(&rr); ++i) {
    const absl::string_view bytes = RdfBytes(ldns_rr_rdf(&rr, i));
    data.append(bytes.data(), bytes.size());
  }
  return data;
}

// ldns takes data given as `\#` octets even when it ends before its type's last field. Types it
// does not know hold anything.
bool IsCutShort(const ldns_rr& rr) {
  const ldns_rr_descriptor* shape = ldns_rr_descript(static_cast<uint16_t>(ldns_rr_get_type(&rr)));
  return ldns_rr_descriptor_field_type(shape, 0) != LDNS_RDF_TYPE_UNKNOWN &&
         ldns_rr_rd_count(&rr) < ldns_rr_descriptor_minimum(shape);
}

// ldns makes of some words what nobody can read (1.8.3, NSEC3: a next owner with octets that are
// not base32). Whatever is served must be read by resolvers.
bool ReadsBack(const ldns_rr& rr) {
  uint8_t* wire = nullptr;
  size_t size = 0, at = 0;
  if (ldns_rr2wire(&wire, &rr, LDNS_SECTION_ANSWER, &size) != LDNS_STATUS_OK) return false;
  ldns_rr* read = nullptr;
  const ldns_status status = ldns_wire2rr(&read, wire, size, &at, LDNS_SECTION_ANSWER);
  std::free(wire);
  ldns_rr_free(read);
  return status == LDNS_STATUS_OK && at == size;
}

class ZoneReader {
 public:
  ZoneReader(absl::string_view file, const Name& origin)
      : origin_(RdfOf(origin)), files_{std::string(file)} {}

  std::unique_ptr<Zone> Read(absl::string_view text) {
    Lines(text);
    const bool complete = faults_.empty();
    std::unique_ptr<Zone> zone = builder_.Build(&faults_);
    if (complete) return zone;
    // Records are missing: what a zone lacks as a whole cannot be said.
    std::erase_if(faults_, [](const ZoneFault& fault) { return fault.line == 0; });
    return nullptr;
  }

  std::string FaultText() {
    std::stable_sort(faults_.begin(), faults_.end(), [](const ZoneFault& a, const ZoneFault& b) {
      return std::tie(a.file, a.line) < std::tie(b.file, b.line);
    });
    return absl::StrJoin(faults_, "\n", [&](std::string* out, const ZoneFault& fault) {
      absl::StrAppend(out, files_[static_cast<size_t>(fault.file)], ":", std::max(fault.line, 1),
                      ": ", fault.what);
    });
  }

 private:
  void Fault(const MasterLine& line, std::string what) {
    faults_.push_back({line.line, std::move(what), file_});
  }

  void Lines(absl::string_view text) {
    std::vector<ZoneFault> faults;
    const std::vector<MasterLine> lines = SplitMasterLines(text, &faults);
    for (ZoneFault& fault : faults) faults_.push_back({fault.line, std::move(fault.what), file_});
    for (const MasterLine& line : lines) {
      if (line.text[0] == '$') {
        Directive(line);
      } else {
        Record(line);
      }
    }
  }

  void Directive(const MasterLine& line) {
    std::vector<std::string> words = absl::StrSplit(line.text, ' ', absl::SkipEmpty());
    absl::AsciiStrToUpper(&words[0]);
    if (words[0] == "$GENERATE") {
      Fault(line, "$GENERATE is not supported; want the records themselves in this file");
    } else if (words[0] == "$INCLUDE") {
      Include(line, words);
    } else if (words[0] != "$ORIGIN" && words[0] != "$TTL") {
      Fault(line,
            absl::StrCat("unknown directive '", words[0], "'; want $ORIGIN, $TTL or $INCLUDE"));
    } else if (words.size() != 2) {
      Fault(line, absl::StrCat(words[0], ": want one value, got ", words.size() - 1));
    } else if (words[0] == "$ORIGIN") {
      SetOrigin(line, words[1]);
    } else {
      SetTtl(line, words[1]);
    }
  }

  // RFC 1035 5.1: the file's own origin, if any, is the third word; ours is as before behind it.
  void Include(const MasterLine& line, const std::vector<std::string>& words) {
    if (words.size() != 2 && words.size() != 3) {
      return Fault(line, absl::StrCat("$INCLUDE: want a file and perhaps its origin, got ",
                                      words.size() - 1, " values"));
    }
    if (depth_ == kIncludeDepthMax) {
      return Fault(line, absl::StrCat("$INCLUDE: '", words[1], "' would be the ",
                                      kIncludeDepthMax + 1, "th file inside another; want at most ",
                                      kIncludeDepthMax, " (does it include itself?)"));
    }
    const std::string& here = files_[static_cast<size_t>(file_)];
    const std::string path =
        words[1][0] == '/' ? words[1]
                           : absl::StrCat(here.substr(0, here.find_last_of('/') + 1), words[1]);
    absl::StatusOr<std::string> text = ReadFile(path);
    if (!text.ok()) return Fault(line, absl::StrCat("$INCLUDE: ", text.status().message()));
    Rdf origin(ldns_rdf_clone(origin_.get()));
    Rdf previous(previous_ == nullptr ? nullptr : ldns_rdf_clone(previous_.get()));
    const int file = file_;
    if (words.size() == 3) SetOrigin(line, words[2]);
    file_ = static_cast<int>(files_.size());
    files_.push_back(path);
    ++depth_;
    Lines(*text);
    --depth_;
    file_ = file;
    origin_ = std::move(origin);
    previous_ = std::move(previous);
  }

  void SetOrigin(const MasterLine& line, const std::string& text) {
    if (text == "@") return;
    std::string full = text;
    if (!absl::EndsWith(text, ".")) {
      auto current = Name::FromWire(RdfBytes(origin_.get()));
      absl::StrAppend(&full, ".", current->is_root() ? "" : current->ToText());
    }
    if (auto name = Name::FromText(full); name) {
      origin_ = RdfOf(*name);
    } else {
      Fault(line, absl::StrCat("$ORIGIN: '", text, "' is not a domain name"));
    }
  }

  void SetTtl(const MasterLine& line, const std::string& text) {
    const char* end = nullptr;
    uint32_t ttl_s = ldns_str2period(text.c_str(), &end);
    if (!absl::ascii_isdigit(text[0]) || *end != '\0' || ttl_s > kTtlMax) {
      Fault(line, absl::StrCat("$TTL: want 0 to ", kTtlMax, " seconds or a form like 1h30m, got '",
                               text, "'"));
      return;
    }
    default_ttl_ = ttl_s;
    has_ttl_directive_ = true;
  }

  void Record(const MasterLine& line) {
    ldns_rr* raw = nullptr;
    ldns_rdf* previous = previous_.release();
    ldns_status status =
        ldns_rr_new_frm_str(&raw, line.text.c_str(), kTtlNotGiven, origin_.get(), &previous);
    previous_.reset(previous);
    Rr rr(raw);
    if (status != LDNS_STATUS_OK) {
      Fault(line, absl::StrCat("cannot read '", absl::StripAsciiWhitespace(line.text),
                               "': ", ldns_get_errorstr_by_id(status)));
      return;
    }
    if (ldns_rr_get_class(rr.get()) != LDNS_RR_CLASS_IN) {
      Fault(line,
            absl::StrCat("class ", static_cast<int>(ldns_rr_get_class(rr.get())), "; want IN"));
      return;
    }
    std::optional<Name> owner = Name::FromWire(RdfBytes(ldns_rr_owner(rr.get())));
    if (!owner) return Fault(line, "owner is not a domain name");
    ZoneRecord record;
    record.owner = *owner;
    record.line = line.line;
    record.file = file_;
    record.type = static_cast<RrType>(ldns_rr_get_type(rr.get()));
    record.ttl_s = ldns_rr_ttl(rr.get());
    if (record.ttl_s == kTtlNotGiven) record.ttl_s = default_ttl_;
    if (record.ttl_s > kTtlMax) {
      return Fault(line, absl::StrCat("TTL ", record.ttl_s, " is over ", kTtlMax, " (RFC 2181 8)"));
    }
    if (!has_ttl_directive_) default_ttl_ = record.ttl_s;
    record.rdata = DataOf(*rr);
    if (record.rdata.size() > 0xffff) return Fault(line, "record data over 65535 octets");
    if (IsCutShort(*rr) || !ReadsBack(*rr)) {
      return Fault(line, absl::StrCat("the data at '", owner->ToText(), "' is not what type ",
                                      static_cast<int>(record.type), " holds"));
    }
    builder_.Add(std::move(record));
  }

  Rdf origin_;
  Rdf previous_;                    // owner of the record before, for lines that begin with a blank
  std::vector<std::string> files_;  // 0 = the zone's own
  int file_ = 0;                    // which of them is being read
  int depth_ = 0;
  uint32_t default_ttl_ = kTtlDefault;
  bool has_ttl_directive_ = false;
  ZoneBuilder builder_;
  std::vector<ZoneFault> faults_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const Zone>> ParseZone(absl::string_view text,
                                                      absl::string_view file, const Name& origin) {
  ZoneReader reader(file, origin);
  std::unique_ptr<const Zone> zone = reader.Read(text);
  if (zone == nullptr) return absl::InvalidArgumentError(reader.FaultText());
  return zone;
}

absl::StatusOr<std::unique_ptr<const Zone>> LoadZoneFile(const std::string& path,
                                                         const Name& origin) {
  ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  return ParseZone(text, path, origin);
}

absl::StatusOr<std::unique_ptr<const Zone>> LoadZoneFile(const std::string& path) {
  absl::string_view stem = path;
  stem = absl::StripSuffix(stem.substr(stem.find_last_of('/') + 1), ".zone");
  std::optional<Name> origin = Name::FromText(stem);
  if (!origin) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":1: file name is not a domain name; want NAME.zone"));
  }
  return LoadZoneFile(path, *origin);
}

}  // namespace spillway::dns
