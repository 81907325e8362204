#include "dns/zone/zone_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dns/wire/writer.h"

namespace spillway::dns {
namespace {

// Of a record but for its data, when its owner is a pointer; its length is counted with the data.
constexpr size_t kRecordHeadSize = 10;
// What header, question, OPT, and an alias leave of the largest message.
constexpr size_t kSetSizeMax = kTcpSizeMax - 1024;
constexpr size_t kRrsigFixedSize = 18;  // RFC 4034 3.1: what stands before the signer's name
constexpr size_t kRrsigEnd = 8;         // of these, where the expiration stands

bool MayStandBesideCname(RrType type) {
  return type == RrType::kCname || type == RrType::kRrsig || type == RrType::kNsec ||
         type == RrType::kNsec3;
}

// Of an RRSIG, the type it covers; else 0. Requires sound data.
RrType CoveredType(const ZoneRecord& record) {
  if (record.type != RrType::kRrsig) return RrType{0};
  return static_cast<RrType>(Load16(record.rdata.data()));
}

// RFC 5155 7.2.8: the owner of an NSEC3 record is not a name one can ask for.
bool IsNsec3(const ZoneRecord& record) {
  return record.type == RrType::kNsec3 || CoveredType(record) == RrType::kNsec3;
}

// The last of the five numbers that end an SOA (RFC 1035 3.3.13).
uint32_t SoaMinimum(absl::string_view soa_rdata) {
  return Load32(soa_rdata.data() + soa_rdata.size() - 4);
}

// Takes one uncompressed name off the front of `bytes`.
bool TakeName(absl::string_view* bytes) {
  for (size_t size = 0; size < std::min(bytes->size(), kNameSizeMax);) {
    const uint8_t label_size = static_cast<uint8_t>((*bytes)[size]);
    if (label_size > kLabelSizeMax) return false;
    size += 1 + label_size;
    if (label_size > 0) continue;
    bytes->remove_prefix(size);
    return true;
  }
  return false;
}

// The engine looks into these types, so data given as `\#` octets must have their shape.
bool DataIsSound(RrType type, absl::string_view data) {
  size_t before = 0;  // octets before the names
  int names = 1;
  size_t after = 0;
  switch (type) {
    case RrType::kA:
      return data.size() == 4;
    case RrType::kAaaa:
      return data.size() == 16;
    case RrType::kNs:
    case RrType::kMd:
    case RrType::kMf:
    case RrType::kCname:
    case RrType::kMb:
    case RrType::kMg:
    case RrType::kMr:
    case RrType::kPtr:
    case RrType::kDname:
      break;
    case RrType::kSoa:
      names = 2;
      after = kSoaNumbersSize;
      break;
    case RrType::kMx:
      before = 2;
      break;
    case RrType::kSrv:
      before = 6;
      break;
    case RrType::kSvcb:
    case RrType::kHttps:
      if (data.size() < 2) return false;
      data.remove_prefix(2);
      return TakeName(&data);  // parameters follow
    case RrType::kRrsig:
      if (data.size() < kRrsigFixedSize) return false;
      data.remove_prefix(kRrsigFixedSize);
      return TakeName(&data);  // the signature follows
    default:
      return true;
  }
  if (data.size() < before) return false;
  data.remove_prefix(before);
  while (names-- > 0) {
    if (!TakeName(&data)) return false;
  }
  return data.size() == after;
}

bool ComesLater(const ZoneRecord& a, const ZoneRecord& b) {
  return std::tie(a.file, a.line) > std::tie(b.file, b.line);
}

std::string Quote(const Name& name) { return absl::StrCat("'", name.ToText(), "'"); }

}  // namespace

std::unique_ptr<Zone> ZoneBuilder::Build(std::vector<ZoneFault>* faults) {
  faults_ = faults;
  const size_t faults_before = faults->size();
  for (ZoneRecord& record : records_) record.owner.FoldCase();
  if (!FindApex()) return nullptr;
  std::stable_sort(records_.begin(), records_.end(), [](const ZoneRecord& a, const ZoneRecord& b) {
    return std::forward_as_tuple(a.owner.wire(), a.type) <
           std::forward_as_tuple(b.owner.wire(), b.type);
  });
  CheckRecords();
  if (faults->size() == faults_before) SortSignatures();
  std::stable_sort(faults->begin() + static_cast<ptrdiff_t>(faults_before), faults->end(),
                   [](const ZoneFault& a, const ZoneFault& b) {
                     return std::tie(a.file, a.line) < std::tie(b.file, b.line);
                   });
  if (faults->size() != faults_before) return nullptr;
  zone_.reset(new Zone());
  AddNodes();
  LinkNodes();
  AddDenial();
  FindSignaturesEnd();
  return faults->size() == faults_before ? std::move(zone_) : nullptr;
}

bool ZoneBuilder::FindApex() {
  const ZoneRecord* soa = nullptr;
  for (const ZoneRecord& record : records_) {
    if (record.type != RrType::kSoa) continue;
    if (soa == nullptr) {
      soa = &record;
      apex_ = record.owner;
    } else if (record.owner != soa->owner || record.rdata != soa->rdata) {
      Fault(record, absl::StrCat("second SOA; want one per zone, the first is ", Quote(apex_),
                                 soa->line > 0 ? absl::StrCat(" on line ", soa->line) : ""));
    }
  }
  if (soa == nullptr) Fault(ZoneRecord(), "no SOA record; want one at the top of the zone");
  return soa != nullptr;
}

void ZoneBuilder::CheckRecords() {
  bool has_ns = false;
  for (size_t i = 0; i < records_.size();) {
    const Name& owner = records_[i].owner;
    size_t end = i;
    for (; end < records_.size() && records_[end].owner == owner; ++end) {
      const ZoneRecord& record = records_[end];
      if (!IsAtOrBelow(owner.wire(), apex_.wire())) {
        Fault(record, absl::StrCat(Quote(owner), " is outside the zone ", Quote(apex_)));
      }
      if (IsMetaType(record.type)) {
        Fault(record, absl::StrCat("type ", static_cast<int>(record.type),
                                   " is for questions and wrappers; it cannot be in a zone"));
      }
      if (!DataIsSound(record.type, record.rdata)) {
        Fault(record, absl::StrCat("the data at ", Quote(owner), " is not what type ",
                                   static_cast<int>(record.type), " holds"));
      }
      if (record.type == RrType::kNs && owner == apex_) has_ns = true;
    }
    CheckAlias(absl::MakeConstSpan(records_).subspan(i, end - i));
    i = end;
  }
  if (!has_ns)
    Fault(ZoneRecord(), absl::StrCat("no NS record at ", Quote(apex_), "; want at least one"));
}

void ZoneBuilder::CheckAlias(absl::Span<const ZoneRecord> node) {
  const ZoneRecord* alias = nullptr;
  for (const ZoneRecord& record : node) {
    if (record.type != RrType::kCname) continue;
    if (alias != nullptr && record.rdata != alias->rdata) {
      Fault(record, absl::StrCat("second CNAME at ", Quote(record.owner)));
    }
    alias = &record;
  }
  if (alias == nullptr) return;
  for (const ZoneRecord& record : node) {
    if (MayStandBesideCname(record.type)) continue;
    // RFC 1034 3.6.2: an alias has no other data. Named at whichever came later.
    Fault(ComesLater(record, *alias) ? record : *alias,
          absl::StrCat("CNAME beside other data at ", Quote(record.owner),
                       "; an alias stands alone"));
    return;
  }
}

uint32_t ZoneBuilder::AppendNode(absl::string_view name) {
  ZoneNode node;
  node.name_offset = static_cast<uint32_t>(zone_->bytes_.size());
  node.name_size = static_cast<uint8_t>(name.size());
  zone_->bytes_.append(name.data(), name.size());
  zone_->nodes_.push_back(node);
  return static_cast<uint32_t>(zone_->nodes_.size() - 1);
}

uint32_t ZoneBuilder::AddNode(absl::string_view name) {
  const auto fresh = static_cast<uint32_t>(zone_->nodes_.size());
  const uint32_t index = zone_->index_.FindOrAdd(name, fresh, zone_->OwnerOf());
  if (index == fresh) AppendNode(name);
  return index;
}

void ZoneBuilder::AppendSet(absl::Span<const ZoneRecord> records) {
  RrSet set;
  set.type = records[0].type;
  set.covered = CoveredType(records[0]);
  set.ttl_s = records[0].ttl_s;
  set.rdata_offset = static_cast<uint32_t>(zone_->bytes_.size());
  for (size_t i = 0; i < records.size(); ++i) {
    const std::string& rdata = records[i].rdata;
    set.ttl_s = std::min(set.ttl_s, records[i].ttl_s);
    auto same = [&](const ZoneRecord& earlier) { return earlier.rdata == rdata; };
    if (std::any_of(records.begin(), records.begin() + static_cast<ptrdiff_t>(i), same)) continue;
    zone_->bytes_.push_back(static_cast<char>(rdata.size() >> 8));
    zone_->bytes_.push_back(static_cast<char>(rdata.size()));
    zone_->bytes_.append(rdata);
    ++set.count;
  }
  set.rdata_size = static_cast<uint32_t>(zone_->bytes_.size()) - set.rdata_offset;
  if (set.rdata_size + records.size() * kRecordHeadSize > kSetSizeMax) {
    Fault(records[0],
          absl::StrCat("type ", static_cast<int>(set.type), " at ", Quote(records[0].owner), ": ",
                       records.size(), " records fit no answer; want fewer"));
  }
  zone_->sets_.push_back(set);
}

// So that the records of a node, and in it of a set, stand together.
void ZoneBuilder::SortSignatures() {
  auto key = [](const ZoneRecord& record) {
    return std::make_tuple(record.owner.wire(), IsNsec3(record), record.type, CoveredType(record));
  };
  std::stable_sort(records_.begin(), records_.end(),
                   [key](const ZoneRecord& a, const ZoneRecord& b) { return key(a) < key(b); });
}

void ZoneBuilder::AddNodes() {
  for (size_t i = 0; i < records_.size();) {
    const Name& owner = records_[i].owner;
    const bool nsec3 = IsNsec3(records_[i]);
    const uint32_t index = nsec3 ? AppendNode(owner.wire()) : AddNode(owner.wire());
    zone_->nodes_[index].set_first = static_cast<uint32_t>(zone_->sets_.size());
    while (i < records_.size() && records_[i].owner == owner && IsNsec3(records_[i]) == nsec3) {
      size_t end = i;
      while (end < records_.size() && records_[end].owner == owner &&
             records_[end].type == records_[i].type &&
             CoveredType(records_[end]) == CoveredType(records_[i]))
        ++end;
      AppendSet(absl::MakeConstSpan(records_).subspan(i, end - i));
      ++zone_->nodes_[index].set_count;
      i = end;
    }
  }
  for (Name& name : steered_) {
    name.FoldCase();
    zone_->nodes_[AddNode(name.wire())].steered = true;
  }
  // Ancestors up to the apex; nodes_ grows while it is walked.
  for (size_t i = 0; i < zone_->nodes_.size(); ++i) {
    Name name;
    name.Assign(zone_->owner(zone_->nodes_[i]));
    if (name != apex_) AddNode(ParentName(name.wire()));
  }
}

void ZoneBuilder::LinkNodes() {
  std::vector<std::pair<int, uint32_t>> by_depth;
  for (uint32_t i = 0; i < zone_->nodes_.size(); ++i) {
    by_depth.emplace_back(LabelCount(zone_->owner(zone_->nodes_[i])), i);
  }
  std::sort(by_depth.begin(), by_depth.end());
  for (const auto& [depth, index] : by_depth) {
    ZoneNode& node = zone_->nodes_[index];
    const absl::string_view name = zone_->owner(node);
    if (name != apex_.wire()) {
      ZoneNode& parent = zone_->nodes_[AddNode(ParentName(name))];
      node.cut = parent.cut;
      node.redirect = parent.redirect;
      if (name[0] == 1 && name[1] == '*') parent.wildcard = index;
      if (node.cut == ZoneNode::kNone && node.redirect == ZoneNode::kNone &&
          zone_->FindSet(node, RrType::kNs) != nullptr) {
        node.cut = index;
      }
    }
    if (node.cut == ZoneNode::kNone && node.redirect == ZoneNode::kNone &&
        zone_->FindSet(node, RrType::kDname) != nullptr) {
      node.redirect = index;
    }
  }
  zone_->apex_node_ = zone_->FindNode(apex_.wire());
  zone_->soa_ = zone_->FindSet(*zone_->apex_node_, RrType::kSoa);
  zone_->ns_ = zone_->FindSet(*zone_->apex_node_, RrType::kNs);
  zone_->negative_ttl_s_ = std::min(zone_->soa_->ttl_s, SoaMinimum(zone_->rdata(*zone_->soa_)));
}

// The first NSEC3PARAM whose hash we know, or null: its record.
const ZoneRecord* ZoneBuilder::FindNsec3Parameters(Nsec3Parameters* out) const {
  for (const ZoneRecord& record : records_) {
    if (record.type == RrType::kNsec3param && record.owner == apex_ && out->Read(record.rdata))
      return &record;
  }
  return nullptr;
}

void ZoneBuilder::AddDenial() {
  if (zone_->FindSignatures(*zone_->apex_node_, RrType::kSoa) == nullptr) return;
  Nsec3Parameters parameters;
  const ZoneRecord* hashed = FindNsec3Parameters(&parameters);
  if (hashed != nullptr && parameters.iterations > kNsec3IterationsMax) {
    return Fault(*hashed,
                 absl::StrCat("NSEC3PARAM: ", parameters.iterations,
                              " iterations; want 0 (RFC 9276), at most ", kNsec3IterationsMax));
  }
  Denial denial(hashed == nullptr ? nullptr : &parameters);
  for (uint32_t i = 0; i < zone_->nodes_.size(); ++i) {
    const ZoneNode& node = zone_->nodes_[i];
    const RrSet* set = zone_->FindSet(node, denial.type());
    if (set == nullptr) continue;
    if (hashed != nullptr) {  // a zone may hold a second chain, not yet or no longer in use
      Nsec3Parameters own;
      if (!own.Read(RdataCursor(zone_->rdata(*set)).data()) || !(own == parameters)) continue;
    }
    if (!denial.AddLink(zone_->owner(node), i)) {
      Fault(ZoneRecord(), absl::StrCat("NSEC3 at '", NameToText(zone_->owner(node)),
                                       "', which is not a hash in base 32"));
    }
  }
  denial.Sort();
  if (!denial.Matches(apex_.wire())) {
    return Fault(ZoneRecord(),
                 absl::StrCat("zone ", Quote(apex_), " is signed but has no ",
                              hashed == nullptr ? "NSEC" : "NSEC3", " record for its own name",
                              hashed == nullptr ? " and no NSEC3PARAM" : "",
                              "; without a chain nothing can be denied"));
  }
  zone_->denial_ = std::move(denial);
}

void ZoneBuilder::FindSignaturesEnd() {
  zone_->ForEachSet([this](const ZoneNode&, const RrSet& set) {
    if (set.type != RrType::kRrsig) return;
    for (RdataCursor cursor(zone_->rdata(set)); !cursor.done(); cursor.Next()) {
      const absl::Time end = absl::FromUnixSeconds(Load32(cursor.data().data() + kRrsigEnd));
      zone_->signatures_end_ = std::min(zone_->signatures_end_, end);
    }
  });
}

std::unique_ptr<Zone> WithSteeredNames(const Zone& zone, absl::Span<const Name> names,
                                       std::vector<ZoneFault>* faults) {
  ZoneBuilder builder;
  zone.ForEachSet([&](const ZoneNode& node, const RrSet& set) {
    ZoneRecord record;
    record.owner.Assign(zone.owner(node));
    record.type = set.type;
    record.ttl_s = set.ttl_s;
    for (RdataCursor cursor(zone.rdata(set)); !cursor.done(); cursor.Next()) {
      record.rdata = std::string(cursor.data());
      builder.Add(record);
    }
  });
  const size_t faults_before = faults->size();
  for (Name name : names) {
    name.FoldCase();
    const ZoneMatch match = zone.Find(name.wire());
    using Kind = ZoneMatch::Kind;
    if (zone.is_signed()) {
      faults->push_back(
          {0, absl::StrCat("steered name ", Quote(name), " is in the signed zone '",
                           NameToText(zone.apex()),
                           "', but its answers are not signed and validators would refuse them; "
                           "want it delegated there without DS, and a zone of its own")});
    } else if (match.kind == Kind::kReferral || match.kind == Kind::kRedirect) {
      faults->push_back(
          {0, absl::StrCat("steered name ", Quote(name), " is given away by the zone: ",
                           match.kind == Kind::kReferral ? "NS" : "DNAME", " at '",
                           NameToText(zone.owner(*match.node)), "'")});
    } else if (match.kind == Kind::kExact && zone.FindSet(*match.node, RrType::kCname) != nullptr) {
      faults->push_back(
          {0, absl::StrCat("steered name ", Quote(name), " has a CNAME in the zone")});
    }
    builder.AddSteered(name);
  }
  return faults->size() == faults_before ? builder.Build(faults) : nullptr;
}

}  // namespace spillway::dns
