// Names for files that nobody else may have taken meanwhile.
#ifndef RENAME_NEW_H
#define RENAME_NEW_H

// As rename(2), but -1 with EEXIST where `to` is there already, in one step with the renaming.
int shim_rename_new(const char *from, const char *to);

#endif
