# find_package(lamina) gives the target lamina::lamina.
include(CMakeFindDependencyMacro)
find_dependency(OpenMP COMPONENTS CXX)
include("${CMAKE_CURRENT_LIST_DIR}/lamina-targets.cmake")
