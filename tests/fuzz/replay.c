/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for a fuzzing engine: hands each file of the given folders to the target, in order of
 * name, each in a heap block of exactly its size so that a sanitizer sees every overrun. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns 1 if the file was replayed, 0 if it is no plain file, or a negative errno. */
static int
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	struct stat st;
	size_t size, n;

	if (!f)
		return -errno;
	if (fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode)) {
		fclose(f);
		return 0;
	}
	size = (size_t)st.st_size;
	data = malloc(size ? size : 1);
	n = data ? fread(data, 1, size, f) : 0;
	fclose(f);
	if (!data || n != size) {
		free(data);
		return data ? -EIO : -ENOMEM;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

/* Returns how many files were replayed, or a negative errno. */
static int
replay_folder(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort), count = 0, r = 0;
	char path[4096];

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		if (r >= 0)
			r = replay_file(path);
		if (r < 0)
			fprintf(stderr, "%s: %s\n", path, strerror(-r));
		else
			count += r;
		free(entries[i]);
	}
	free(entries);
	return r < 0 ? r : count;
}

int
main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int n = replay_folder(argv[i]);

		if (n < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(-n));
			return 1;
		}
		total += n;
	}
	printf("%d inputs replayed\n", total);
	return total ? 0 : 1; /* an empty corpus proves nothing */
}
