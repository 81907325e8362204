#include "steering/geo/mmdb_data.h"

#include <array>
#include <bit>

namespace spillway::geo {
namespace {

// Values read per byte of the section before we call it hostile. A City record takes about 30 bytes
// (its keys and names are pointers) and reading it meets about 300 values.
constexpr uint64_t kValuesPerByte = 64;
constexpr uint64_t kValuesAtLeast = 65536;

// Size of a scalar's body must fit its type; strings and bytes may have any.
bool SizeFits(MmdbType type, uint32_t size) {
  switch (type) {
    case MmdbType::kDouble:
      return size == 8;
    case MmdbType::kFloat:
      return size == 4;
    case MmdbType::kUint16:
      return size <= 2;
    case MmdbType::kUint32:
    case MmdbType::kInt32:
      return size <= 4;
    case MmdbType::kUint64:
      return size <= 8;
    case MmdbType::kUint128:
      return size <= 16;
    case MmdbType::kBool:
      return size <= 1;
    default:
      return true;
  }
}

bool HasBody(MmdbType type) {
  return type != MmdbType::kMap && type != MmdbType::kArray && type != MmdbType::kBool &&
         type != MmdbType::kPointer;
}

}  // namespace

MmdbData::MmdbData(absl::string_view bytes)
    : bytes_(bytes), budget_(kValuesAtLeast + kValuesPerByte * bytes.size()) {}

std::optional<MmdbValue> MmdbData::Fail(const char* what, size_t offset) {
  if (error_ == nullptr) {
    error_ = what;
    error_offset_ = offset;
  }
  return std::nullopt;
}

uint64_t MmdbData::BigEndian(size_t offset, size_t count) const {
  uint64_t v = 0;
  for (size_t i = 0; i < count; ++i) v = v << 8 | static_cast<uint8_t>(bytes_[offset + i]);
  return v;
}

// One value as it stands; of a pointer, `body` is where it leads and `size` is 0.
std::optional<MmdbValue> MmdbData::Raw(size_t offset) {
  if (error_ != nullptr) return std::nullopt;
  if (budget_-- == 0) return Fail("values refer to each other without end", offset);
  size_t at = offset;
  auto left = [&] { return at < bytes_.size() ? bytes_.size() - at : 0; };
  if (left() < 1) return Fail("value beyond the end of the data section", offset);
  uint8_t control = static_cast<uint8_t>(bytes_[at++]);
  int type = control >> 5;
  if (type == static_cast<int>(MmdbType::kPointer)) {
    // Bits 4-3: length; bits 2-0: the top of the value, unless the length is 4.
    static constexpr std::array<uint32_t, 4> kBase = {0, 2048, 526336, 0};
    size_t length = (control >> 3 & 3) + size_t{1};
    if (left() < length) return Fail("pointer cut short", offset);
    uint64_t top = length == 4 ? 0 : control & 7;
    size_t target = (top << 8 * length | BigEndian(at, length)) + kBase[length - 1];
    if (target >= bytes_.size()) return Fail("pointer beyond the end of the data section", offset);
    return MmdbValue{MmdbType::kPointer, 0, target, at + length};
  }
  if (type == 0) {
    if (left() < 1) return Fail("value cut short", offset);
    type = static_cast<uint8_t>(bytes_[at++]) + 7;
    bool known = (type >= 8 && type <= 11) || type == 14 || type == 15;
    if (!known) return Fail("value of an unknown type", offset);
  }
  uint32_t size = control & 31;
  if (size >= 29) {
    static constexpr std::array<uint32_t, 3> kBase = {29, 285, 65821};
    size_t length = size - 28;
    if (left() < length) return Fail("size cut short", offset);
    size = static_cast<uint32_t>(BigEndian(at, length)) + kBase[length - 1];
    at += length;
  }
  MmdbValue value{static_cast<MmdbType>(type), size, at, at};
  if (!SizeFits(value.type, size))
    return Fail("number with a size that its type cannot have", offset);
  if (HasBody(value.type)) {
    if (left() < size) return Fail("value cut short", offset);
    value.next = at + size;
  }
  return value;
}

std::optional<MmdbValue> MmdbData::At(size_t offset) {
  std::optional<MmdbValue> value = Raw(offset);
  if (!value || value->type != MmdbType::kPointer) return value;
  std::optional<MmdbValue> target = Raw(value->body);
  if (!target) return std::nullopt;
  if (target->type == MmdbType::kPointer) return Fail("pointer to a pointer", offset);
  target->next = value->next;
  return target;
}

std::optional<MmdbValue> MmdbData::Find(const MmdbValue& map, absl::string_view key) {
  if (map.type != MmdbType::kMap) return std::nullopt;
  size_t at = map.body;
  for (uint32_t i = 0; i < map.size; ++i) {
    std::optional<MmdbValue> found = At(at);
    if (!found) return std::nullopt;
    std::optional<absl::string_view> text = String(*found);
    if (!text) return Fail("map key that is no string", at);
    if (*text == key) return At(found->next);
    std::optional<size_t> next = Skip(found->next);
    if (!next) return std::nullopt;
    at = *next;
  }
  return std::nullopt;
}

std::optional<MmdbValue> MmdbData::Front(const MmdbValue& array) {
  if (array.type != MmdbType::kArray || array.size == 0) return std::nullopt;
  return At(array.body);
}

std::optional<absl::string_view> MmdbData::String(const MmdbValue& value) const {
  if (value.type != MmdbType::kString) return std::nullopt;
  return bytes_.substr(value.body, value.size);
}

std::optional<uint64_t> MmdbData::Uint(const MmdbValue& value) const {
  if (value.type != MmdbType::kUint16 && value.type != MmdbType::kUint32 &&
      value.type != MmdbType::kUint64) {
    return std::nullopt;
  }
  return BigEndian(value.body, value.size);
}

std::optional<double> MmdbData::Number(const MmdbValue& value) const {
  if (value.type == MmdbType::kDouble) return std::bit_cast<double>(BigEndian(value.body, 8));
  if (value.type == MmdbType::kFloat) {
    return std::bit_cast<float>(static_cast<uint32_t>(BigEndian(value.body, 4)));
  }
  return std::nullopt;
}

std::optional<size_t> MmdbData::Skip(size_t offset) {
  std::array<uint64_t, kMmdbDepthMax> open;  // values still to come, per level
  open[0] = 1;
  int depth = 0;
  size_t at = offset;
  while (depth >= 0) {
    if (open[depth] == 0) {
      --depth;
      continue;
    }
    --open[depth];
    std::optional<MmdbValue> value = Raw(at);
    if (!value) return std::nullopt;
    at = value->next;
    if (value->type == MmdbType::kPointer && plain_only_) {
      std::optional<MmdbValue> target = Raw(value->body);
      if (!target) return std::nullopt;
      if (!HasBody(target->type) && target->type != MmdbType::kBool) {
        Fail("pointer to a map, an array or a pointer", value->body);
        return std::nullopt;
      }
    }
    if (value->type == MmdbType::kMap || value->type == MmdbType::kArray) {
      if (++depth == kMmdbDepthMax) {
        Fail("values nested too deep", offset);
        return std::nullopt;
      }
      open[depth] = value->type == MmdbType::kMap ? uint64_t{value->size} * 2 : value->size;
    }
  }
  return at;
}

bool MmdbData::IsPlain(size_t offset) {
  plain_only_ = true;
  bool ok = Skip(offset).has_value();
  plain_only_ = false;
  return ok;
}

bool MmdbData::HoldsStringsOnly(const MmdbValue& container) {
  uint64_t values = container.size;
  if (container.type == MmdbType::kMap) {
    values *= 2;
  } else if (container.type != MmdbType::kArray) {
    return false;
  }
  size_t at = container.body;
  for (uint64_t i = 0; i < values; ++i) {
    std::optional<MmdbValue> value = At(at);
    if (!value || value->type != MmdbType::kString) return false;
    at = value->next;
  }
  return true;
}

}  // namespace spillway::geo
