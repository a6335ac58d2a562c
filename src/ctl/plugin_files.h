/* SPDX-License-Identifier: ISC */

/* The host's own descriptors, which a plug-in has no business closing. */
#ifndef CTL_PLUGIN_FILES_H
#define CTL_PLUGIN_FILES_H

struct trial;

/* Those it was started with; before the plug-in is loaded. */
void files_note(struct trial *trial);
/* Those of its event loop; once the plug-in has started. */
void files_note_loop(struct trial *trial);
/* Says which of them the plug-in has closed or replaced since. */
void files_check(struct trial *trial);

#endif
