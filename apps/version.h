// apps/version.h -- the program's version; the same as project(VERSION) in CMakeLists.txt.
#ifndef SPILLWAY_APPS_VERSION_H_
#define SPILLWAY_APPS_VERSION_H_

namespace spillway {
inline constexpr char kVersion[] = "0.1.0";
}  // namespace spillway

#endif  // SPILLWAY_APPS_VERSION_H_
