# Installs the library, its public headers under include/tokrail/, the C library with
# include/tokrail.h, the command, and what find_package(tokrail), find_package(tokrail_c) and
# pkg-config need. Headers keep their path, so that
# #include "tokenizers/tokenizer.h" is written alike in this tree and by a user.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(tokrail_cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tokrail)

install(TARGETS tokrail EXPORT tokrail_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET tokrail_command)
  install(TARGETS tokrail_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

get_property(tokrail_public_headers GLOBAL PROPERTY TOKRAIL_PUBLIC_HEADERS)
foreach(header IN LISTS tokrail_public_headers)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${header}
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tokrail/${folder})
endforeach()

# The C interface is a package of its own: who uses it needs none of the libraries behind it.
if(TARGET tokrail_c)
  set(tokrail_c_cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tokrail_c)
  install(TARGETS tokrail_c EXPORT tokrail_c_targets
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/bindings/c/tokrail.h
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT tokrail_c_targets NAMESPACE tokrail:: FILE tokrail_c-config.cmake
          DESTINATION ${tokrail_c_cmake_folder})
endif()

install(EXPORT tokrail_targets NAMESPACE tokrail:: DESTINATION ${tokrail_cmake_folder})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/tokrail-config.cmake.in
                              ${CMAKE_CURRENT_BINARY_DIR}/tokrail-config.cmake
                              INSTALL_DESTINATION ${tokrail_cmake_folder})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/tokrail-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
# The prefix is told relative to the file, so that `cmake --install --prefix` and moved folders work.
file(RELATIVE_PATH tokrail_prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
     ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/tokrail.pc.in ${CMAKE_CURRENT_BINARY_DIR}/tokrail.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tokrail-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/tokrail-config-version.cmake
        DESTINATION ${tokrail_cmake_folder})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tokrail.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET tokrail_c)
  write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/tokrail_c-config-version.cmake
                                   COMPATIBILITY SameMinorVersion)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/tokrail_c.pc.in
                 ${CMAKE_CURRENT_BINARY_DIR}/tokrail_c.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tokrail_c-config-version.cmake
          DESTINATION ${tokrail_c_cmake_folder})
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tokrail_c.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
# Language packs, which the command finds by the code of their language.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/data/languages
        DESTINATION ${CMAKE_INSTALL_DATADIR}/tokrail FILES_MATCHING PATTERN "*.lang")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/NOTICE
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tokrail)
