// Package output writes the files of a result, whole or not at all. It takes plain
// numbers.
//
// # Arrays
//
// Flat arrays have axis 0 fastest, i = i₀ + n₀(i₁ + n₁(i₂ + …)). That is Fortran's
// order, and .npy files say so, so that density[i0, i1] in NumPy is cell (i₀, i₁).
// VTK has the first axis fastest too. Numbers are float64, little-endian; writers
// stream them through a small buffer, never copy a whole array, and the same numbers
// give the same bytes. A shape that does not fit its data panics.
//
// # Folders
//
// A [Folder] collects the files in a hidden staging folder on the same file system,
// each synced to the disk when it is closed. [Folder.Commit] then moves them:
//
//	dir absent     the staging folder is renamed to dir;
//	dir exists     the files of the previous result are moved out of it, the new
//	               ones in, summary.json first out and last in. When a step fails,
//	               those before it are undone.
//
// So a folder with a summary.json holds one whole result. Which files are part of
// it, and may be replaced, summary.json says itself: its key "program" is "ness" and
// "files" lists them. All other files are foreign and stay as they are.
//
// Two runs that write to the same folder have different staging folders and, where
// the system has flock(2), take turns to commit; the later one replaces the result of
// the earlier one. A process that is killed while it writes leaves its staging folder,
// .ness-staging-*, which may be deleted.
//
// References: NumPy enhancement proposal 1, A simple file format for NumPy arrays;
// PKWARE .ZIP file format specification (APPNOTE) 6.3.10; The VTK User's Guide,
// VTK XML file formats.
package output
