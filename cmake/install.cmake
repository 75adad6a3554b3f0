# `cmake --install`: the binary, libmanta.so, the engines (their folders install themselves), the headers and a CMake package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS manta EXPORT MantaTargets LIBRARY DESTINATION lib)
install(TARGETS manta_binary RUNTIME DESTINATION bin)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/manta DESTINATION include FILES_MATCHING PATTERN "*.h")
# What a Ray cluster needs; Ray itself is installed apart (make ray).
install(DIRECTORY ${PROJECT_SOURCE_DIR}/python/manta_ray DESTINATION share/manta/python FILES_MATCHING PATTERN "*.py")
install(EXPORT MantaTargets NAMESPACE Manta:: DESTINATION lib/cmake/Manta)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/MantaConfig.cmake.in ${PROJECT_BINARY_DIR}/MantaConfig.cmake
                              INSTALL_DESTINATION lib/cmake/Manta)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/MantaConfigVersion.cmake VERSION ${PROJECT_VERSION}
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/MantaConfig.cmake ${PROJECT_BINARY_DIR}/MantaConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/MantaApplication.cmake
        DESTINATION lib/cmake/Manta)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/doc/manta)

# The name that users of Ray Serve type; only on request.
install(CODE "file(CREATE_LINK manta \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/serve\" SYMBOLIC)"
  COMPONENT serve EXCLUDE_FROM_ALL)
