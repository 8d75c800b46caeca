#ifndef PROGRAM_ARGUMENTS_H
#define PROGRAM_ARGUMENTS_H

// The arguments that the program was started with, ended by a null pointer; null if there are none.
//
// Swift's `CommandLine` reads them from /proc, which a chroot or container may lack.
char *const *shim_program_arguments(void);

#endif
