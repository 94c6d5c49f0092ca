/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressed inputs, pipes and digests. */
#include "capture_files.h"

#include <openssl/evp.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

static void
append_gzip(struct blob *to, const uint8_t *p, size_t n)
{
	uLong room = compressBound(n) + 64;
	uint8_t *out = xrealloc(NULL, room, 1);
	z_stream z = {.next_in = (Bytef *)(uintptr_t)p,
		      .avail_in = (uInt)n,
		      .next_out = out,
		      .avail_out = (uInt)room};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	put(to, out, z.total_out);
	deflateEnd(&z);
	free(out);
}

static void
append_zstd(struct blob *to, const uint8_t *p, size_t n)
{
	size_t room = ZSTD_compressBound(n);
	uint8_t *out = xrealloc(NULL, room, 1);
	size_t size = ZSTD_compress(out, room, p, n, 3);

	assert_false(ZSTD_isError(size));
	put(to, out, size);
	free(out);
}

typedef void append_packed(struct blob *to, const uint8_t *p, size_t n);
static append_packed *const packers[] = {append_gzip, append_zstd};

static void
test_compressed(void **state)
{
	struct blob b = long_file(3000);

	(void)state;
	for (size_t k = 0; k < 2; k++)
		for (size_t parts = 1; parts < 5; parts++) {
			struct blob z = {0};
			struct capture *c;

			for (size_t i = 0; i < parts; i++)
				packers[k](&z, b.b + b.n * i / parts,
					   b.n * (i + 1) / parts - b.n * i / parts);
			c = open_blob(&z, &plain, NULL);
			assert_int_equal(check_long(c), 3000);
			assert_false(capture_info(c, 0)->truncated);
			assert_null(capture_info(c, 0)->trouble);
			capture_close(c);
			free(z.b);
		}
	free(b.b);
}

/* A skippable zstd frame may come first; zeros after a gzip member are no error. */
static void
test_compressed_padding(void **state)
{
	static const uint8_t skippable[] = {0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
	struct blob b = long_file(20), z = {0}, g = {0};
	struct capture *c;

	(void)state;
	put(&z, skippable, sizeof skippable);
	append_zstd(&z, b.b, b.n);
	c = open_blob(&z, &plain, NULL);
	assert_int_equal(check_long(c), 20);
	capture_close(c);
	append_gzip(&g, b.b, b.n);
	put_uint(&g, 0, 8);
	c = open_blob(&g, &plain, NULL);
	assert_int_equal(check_long(c), 20);
	assert_null(capture_info(c, 0)->trouble);
	capture_close(c);
	free(b.b);
	free(z.b);
	free(g.b);
}

/* Cut anywhere, a compressed file is cut; with any byte changed it never does worse than
 * stop early. */
static void
test_compressed_damage(void **state)
{
	struct blob b = long_file(12);

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct blob z = {0};

		packers[k](&z, b.b, b.n);
		for (size_t cut = 4; cut < z.n; cut++) {
			struct blob part = {.b = z.b, .n = cut};
			char *why = NULL;
			struct capture *c = open_blob(&part, &plain, &why);

			if (c) {
				assert_true(drain(c) <= 12);
				assert_true(capture_info(c, 0)->truncated);
				capture_close(c);
			} else {
				assert_non_null(strstr(why, "cut off"));
			}
			free(why);
		}
		for (size_t at = 0; at < z.n; at += 1 + at / 16) {
			char *why = NULL;
			struct capture *c;

			z.b[at] ^= 0x55;
			c = open_blob(&z, &plain, &why);
			if (c)
				assert_true(drain(c) <= 12);
			capture_close(c);
			free(why);
			z.b[at] ^= 0x55;
		}
		/* The checksum at the end of a gzip member is looked at. */
		if (packers[k] == append_gzip) {
			struct capture *c;

			z.b[z.n - 8] ^= 1;
			c = open_blob(&z, &plain, NULL);
			drain(c);
			assert_non_null(strstr(capture_info(c, 0)->trouble, "gzip"));
			capture_close(c);
		}
		free(z.b);
	}
	free(b.b);
}

/* Standard input is a pipe into which a child dribbles. */
static void
test_standard_input(void **state)
{
	struct blob b = long_file(300), z = {0};
	const char *name = "-";

	(void)state;
	append_gzip(&z, b.b, b.n);
	for (int k = 0; k < 2; k++) {
		const struct blob *from = k ? &z : &b;
		int ends[2], kept = dup(STDIN_FILENO);
		struct capture *c;
		char *why;
		pid_t child;

		assert_int_equal(pipe(ends), 0);
		child = fork();
		if (child == 0) {
			size_t step = 1;

			close(ends[0]);
			for (size_t at = 0; at < from->n; step = step * 2 % 4093) {
				size_t n = from->n - at < step ? from->n - at : step;
				ssize_t w = write(ends[1], from->b + at, n);

				if (w < 0)
					_exit(1);
				at += (size_t)w;
			}
			_exit(0);
		}
		close(ends[1]);
		assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
		close(ends[0]);
		assert_int_equal(capture_open(&name, 1, &plain, &c, &why), 0);
		assert_int_equal(check_long(c), 300);
		assert_string_equal(capture_info(c, 0)->file, "-");
		capture_close(c);
		waitpid(child, NULL, 0);
		if (kept >= 0) {
			dup2(kept, STDIN_FILENO);
			close(kept);
		}
	}
	free(b.b);
	free(z.b);
}

static void
sha256(const void *p, size_t n, char hex[65])
{
	uint8_t sum[32];

	assert_int_equal(EVP_Digest(p, n, sum, NULL, EVP_sha256(), NULL), 1);
	for (size_t i = 0; i < sizeof sum; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

/* The digest is of the whole file on the disk, also when reading stops early, or unpacks. */
static void
test_hash(void **state)
{
	const struct capture_options hash = {.hash = true};
	struct blob files[4] = {long_file(500), {0}, {0}, {0}};
	char hex[65];

	(void)state;
	append_gzip(&files[1], files[0].b, files[0].n);
	append_zstd(&files[2], files[0].b, files[0].n);
	put(&files[3], files[0].b, 1000);
	put_pattern(&files[3], 255, 700000); /* nonsense after some records */
	put_uint(&files[1], 0, 300000 % 8);
	for (size_t i = 0; i < 4; i++) {
		struct capture *c = open_blob(&files[i], &hash, NULL);

		drain(c);
		sha256(files[i].b, files[i].n, hex);
		assert_string_equal(capture_info(c, 0)->sha256, hex);
		capture_close(c);
		free(files[i].b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_compressed),
	    cmocka_unit_test(test_compressed_padding),
	    cmocka_unit_test(test_compressed_damage),
	    cmocka_unit_test(test_standard_input),
	    cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
