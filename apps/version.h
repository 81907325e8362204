// apps/version.h -- the programs' version: project(VERSION) of CMakeLists.txt.
#ifndef SPILLWAY_APPS_VERSION_H_
#define SPILLWAY_APPS_VERSION_H_

namespace spillway {
inline constexpr char kVersion[] = SPILLWAY_VERSION;
}  // namespace spillway

#endif  // SPILLWAY_APPS_VERSION_H_
