#include "policies/schema_check.h"

#include <map>
#include <string>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/suggest.h"

namespace spillway::policies {
namespace {

std::string Join(const std::string& path, absl::string_view key) {
  return path.empty() ? std::string(key) : absl::StrCat(path, ".", key);
}

class SchemaChecker {
 public:
  explicit SchemaChecker(Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  void CheckObject(const ObjectSpec& spec, const std::string& path, Node* map) {
    if (map->kind != Node::Kind::kMap) {
      Fault(map, map->place, path,
            {.what = "not a map",
             .want = absl::StrCat("{", Keys(spec), "}"),
             .got = Shown(*map),
             .meant = spec.Find("tags") != nullptr ? AsTags(*map) : ""});
      return;
    }
    for (Node::Member& m : map->members) {
      const FieldSpec* field = spec.Find(m.key.text);
      if (field == nullptr) {
        UnknownKey(spec, path, map, m.key);
        continue;
      }
      CheckField(*field, Join(path, field->key), &m.value);
      map->bad |= m.value.bad;
    }
    for (const FieldSpec& field : spec.fields) {
      if (field.required && map->Find(field.key) == nullptr) {
        absl::string_view says = field.doc.substr(0, field.doc.find_first_of(".:"));
        // A policy's sections may stand in any of its files.
        std::string what = &spec == &PolicySchema()
                               ? absl::StrCat("no section `", field.key, "` in any file")
                               : absl::StrCat("`", field.key, "` is missing");
        Fault(map, map->place, path, {.what = absl::StrCat(what, "; it says: ", says)});
      }
    }
  }

 private:
  void Fault(Node* node, Place place, const std::string& path, Complaint complaint) {
    node->bad = true;
    if (!path.empty()) complaint.what = absl::StrCat(path, ": ", complaint.what);
    diagnostics_->Error(place, complaint);
  }

  // A bare list where a selector belongs is meant as its tags.
  static std::string AsTags(const Node& list) {
    std::string tags;
    for (const Node& item : list.items) absl::StrAppend(&tags, tags.empty() ? "" : ", ", item.text);
    return tags.empty() || tags.size() > 60 ? "" : absl::StrCat("{tags: [", tags, "]}");
  }

  static std::string Keys(const ObjectSpec& spec) {
    std::string keys;
    for (const FieldSpec& field : spec.fields)
      absl::StrAppend(&keys, keys.empty() ? "" : ", ", field.key);
    return keys;
  }

  void UnknownKey(const ObjectSpec& spec, const std::string& path, Node* map, const Node& key) {
    std::vector<std::string> known;
    for (const FieldSpec& field : spec.fields) known.emplace_back(field.key);
    std::string meant = diagnostics_->full() ? "" : Suggest(key.text, known);
    std::string want = meant.empty() ? absl::StrCat("one of ", Keys(spec)) : "";
    Fault(map, key.place, path,
          {.what = absl::StrCat("a ", spec.name, " has no key ", Quoted(key.text)),
           .want = want,
           .meant = meant});
  }

  void CheckField(const FieldSpec& field, const std::string& path, Node* node) {
    switch (field.shape) {
      case Shape::kOne:
        return CheckOne(field, path, node);
      case Shape::kList:
        return CheckList(field, path, node);
      case Shape::kMap:
        return CheckMap(field, path, node);
      case Shape::kOneOrMap:
        return node->kind == Node::Kind::kMap ? CheckObject(*field.object, path, node)
                                              : CheckOne(field, path, node);
    }
  }

  void CheckOne(const FieldSpec& field, const std::string& path, Node* node) {
    if (field.type == Type::kObject) return CheckObject(*field.object, path, node);
    if (field.type == Type::kPoint) return CheckPoint(path, node);
    if (node->bad) return;  // reported by the YAML layer
    if (node->kind != Node::Kind::kScalar) {
      absl::string_view what =
          node->kind == Node::Kind::kEmpty ? "no value after the colon" : "one value, not several";
      if (node->kind == Node::Kind::kEmpty && field.shape == Shape::kList) what = "an empty item";
      Fault(node, node->place, path,
            {.what = std::string(what),
             .want = std::string(TypeWanted(field.type)),
             .got = Shown(*node)});
      return;
    }
    ScalarResult parsed = ParseScalar(field.type, node->text);
    if (!parsed.value) {
      Place place = node->place;
      if (parsed.fault.offset > 0)
        place.column += static_cast<int>(parsed.fault.offset) + (node->quoted ? 1 : 0);
      Fault(node, place, path, FitToField(field, std::move(parsed.fault.complaint)));
      return;
    }
    if (CheckRange(field, path, *parsed.value, node)) node->value = *std::move(parsed.value);
  }

  // The field's own default is a better example than the type's, and says which unit is usual.
  static Complaint FitToField(const FieldSpec& field, Complaint complaint) {
    bool quantity = field.type == Type::kDuration || field.type == Type::kBitrate;
    if (field.def.empty() || !quantity) return complaint;
    if (field.def[0] != '0')
      complaint.want = absl::StrCat("a ", TypeName(field.type), " such as ", field.def);
    bool guessed = absl::StrContains(complaint.what, "without a unit") && !complaint.meant.empty();
    if (guessed && absl::EndsWith(field.def, "ms")) {
      complaint.meant.insert(complaint.meant.size() - 1, "m");
    }
    return complaint;
  }

  bool CheckRange(const FieldSpec& field, const std::string& path, const Value& value, Node* node) {
    std::optional<double> number = Magnitude(value);
    if (!number || (*number >= field.min && *number <= field.max)) return true;
    std::string meant;
    if (field.type == Type::kFraction && *number > 1 && node->text.back() != '%')
      meant = absl::StrCat(node->text, "%");
    Fault(node, node->place, path,
          {.what = *number < field.min ? "too small" : "too large",
           .want = std::string(field.bounds),
           .got = Quoted(node->text),
           .meant = meant});
    return false;
  }

  void CheckList(const FieldSpec& field, const std::string& path, Node* node) {
    if (node->kind != Node::Kind::kList) {
      bool scalar = node->kind == Node::Kind::kScalar;
      Fault(node, node->place, path,
            {.what = "not a list",
             .want = field.type == Type::kObject
                         ? "a list of maps, [{...}]"
                         : absl::StrCat("a list, each item ", TypeWanted(field.type)),
             .got = Shown(*node),
             .meant = scalar ? absl::StrCat("[", node->text, "]") : ""});
      return;
    }
    if (node->items.empty()) {
      Fault(node, node->place, path, {.what = "an empty list says nothing; leave the key out"});
      return;
    }
    absl::flat_hash_map<std::string, Place> seen;
    for (size_t i = 0; i < node->items.size(); ++i) {
      Node* item = &node->items[i];
      // An item is named by its number, which helps only where it has no text of its own.
      CheckOne(field, field.type == Type::kObject ? absl::StrCat(path, "[", i + 1, "]") : path,
               item);
      node->bad |= item->bad;
      // What is counted, not named, has rules of its own for repetition (a ladder must fall).
      if (item->bad || item->kind != Node::Kind::kScalar || field.type == Type::kFraction) continue;
      auto [it, fresh] = seen.emplace(item->text, item->place);
      if (!fresh) {
        diagnostics_->Warning(item->place,
                              {.what = absl::StrCat(path, ": ", Quoted(item->text),
                                                    " is listed twice; the first is at ",
                                                    diagnostics_->Describe(it->second))});
      }
    }
  }

  void CheckMap(const FieldSpec& field, const std::string& path, Node* node) {
    if (node->kind != Node::Kind::kMap) {
      Fault(node, node->place, path,
            {.what = "not a map", .want = "name: value for each", .got = Shown(*node)});
      return;
    }
    if (node->members.empty()) {
      Fault(node, node->place, path, {.what = "an empty map says nothing; leave the key out"});
      return;
    }
    for (Node::Member& m : node->members) {
      ScalarResult key = ParseScalar(field.key_type, m.key.text);
      if (!key.value) Fault(node, m.key.place, path, key.fault.complaint);
      m.key.bad = !key.value;
      CheckOne(field, Join(path, m.key.text), &m.value);
      node->bad |= m.value.bad;
    }
  }

  void CheckPoint(const std::string& path, Node* node) {
    Complaint complaint{
        .what = "not a place", .want = std::string(TypeWanted(Type::kPoint)), .got = Shown(*node)};
    if (node->kind != Node::Kind::kList) return Fault(node, node->place, path, complaint);
    if (node->items.size() != 2) {
      complaint.got = absl::StrCat("a list of ", node->items.size());
      return Fault(node, node->place, path, complaint);
    }
    struct Axis {
      absl::string_view name;
      double max;
    };
    constexpr Axis kAxes[] = {{"latitude", 90}, {"longitude", 180}};
    double number[2] = {0, 0};
    for (int i : {0, 1}) {
      Node* item = &node->items[static_cast<size_t>(i)];
      ScalarResult parsed = ParseScalar(Type::kNumber, item->text);
      if (item->kind != Node::Kind::kScalar || !parsed.value) {
        Complaint fault = item->kind == Node::Kind::kScalar ? parsed.fault.complaint : complaint;
        fault.want = complaint.want;
        return Fault(node, item->place, path, fault);
      }
      number[i] = std::get<double>(*parsed.value);
      if (std::abs(number[i]) <= kAxes[i].max) continue;
      return Fault(node, item->place, path,
                   {.what = absl::StrCat("no such ", kAxes[i].name),
                    .want = absl::StrCat("-", kAxes[i].max, " .. ", kAxes[i].max),
                    .got = item->text,
                    .meant = SwappedPoint(*node)});
    }
    node->value = GeoPoint{number[0], number[1]};
  }

  // Longitude first is how map programs write places.
  static std::string SwappedPoint(const Node& list) {
    ScalarResult lat = ParseScalar(Type::kNumber, list.items[1].text),
                 lon = ParseScalar(Type::kNumber, list.items[0].text);
    bool fits = lat.value && lon.value && std::abs(std::get<double>(*lat.value)) <= 90 &&
                std::abs(std::get<double>(*lon.value)) <= 180;
    return fits ? absl::StrCat("[", list.items[1].text, ", ", list.items[0].text, "]") : "";
  }

  Diagnostics* diagnostics_;
};

// A field's default, parsed once: there are more schemas than the policy's.
const Value& DefaultValue(const FieldSpec& field) {
  static Mutex mu;
  static auto* const defaults = new std::map<const FieldSpec*, Value>;  // nodes stay where they are
  MutexLock lock(mu);
  auto it = defaults->find(&field);
  if (it == defaults->end()) {
    CHECK(!field.def.empty());
    ScalarResult parsed = ParseScalar(field.type, field.def);
    CHECK(parsed.value.has_value());
    it = defaults->emplace(&field, *std::move(parsed.value)).first;
  }
  return it->second;
}

}  // namespace

void CheckSchema(const ObjectSpec& spec, const std::string& path, Node* map,
                 Diagnostics* diagnostics) {
  SchemaChecker(diagnostics).CheckObject(spec, path, map);
}

const FieldSpec& MapReader::Spec(absl::string_view key) const {
  const FieldSpec* field = spec_->Find(key);
  CHECK(field != nullptr);
  return *field;
}

const Node* MapReader::Find(absl::string_view key) const {
  Spec(key);
  const Node* node = map_ == nullptr ? nullptr : map_->Find(key);
  return node == nullptr || node->bad ? nullptr : node;
}

bool MapReader::Has(absl::string_view key) const {
  return map_ != nullptr && map_->Find(key) != nullptr;
}

Place MapReader::PlaceOf(absl::string_view key) const {
  if (map_ == nullptr) return {};
  const Node* node = map_->Find(key);
  return node == nullptr ? map_->place : node->place;
}

const Value& MapReader::Raw(absl::string_view key) const {
  const Node* node = Find(key);
  return node == nullptr ? DefaultValue(Spec(key)) : node->value;
}

std::vector<const Node*> MapReader::Items(absl::string_view key) const {
  Spec(key);
  std::vector<const Node*> items;
  const Node* list = map_ == nullptr ? nullptr : map_->Find(key);
  if (list == nullptr) return items;
  for (const Node& item : list->items) {
    if (!item.bad) items.push_back(&item);
  }
  return items;
}

std::vector<const Node::Member*> MapReader::Members(absl::string_view key) const {
  Spec(key);
  std::vector<const Node::Member*> members;
  const Node* map = map_ == nullptr ? nullptr : map_->Find(key);
  if (map == nullptr) return members;
  for (const Node::Member& member : map->members) {
    if (!member.value.bad && !member.key.bad) members.push_back(&member);
  }
  return members;
}

MapReader MapReader::Object(absl::string_view key) const {
  const Node* node = map_ == nullptr ? nullptr : map_->Find(key);
  return MapReader(node, *Spec(key).object);
}

}  // namespace spillway::policies
