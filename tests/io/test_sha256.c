/* test_sha256.c - the vectors of FIPS 180-4's examples, and lengths around the block border. */
#include "check.h"

#include "io/sha256.h"

static const struct {
  const char *text, *hex;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
     "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void test_vectors(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    char hex[LB_SHA256_HEX];
    lb_sha256_hex(vectors[i].text, strlen(vectors[i].text), hex);
    assert_string_equal(hex, vectors[i].hex);
  }
}

static void test_a_million_letters(void **state)
{
  (void)state;
  size_t n = 1000000;
  char *text = lb_mem_alloc(n), hex[LB_SHA256_HEX];
  assert_non_null(text);
  memset(text, 'a', n);
  lb_sha256_hex(text, n, hex);
  assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  lb_mem_free(text);
}

/* Padding takes one block up to 55 bytes and two from 56; made with coreutils 9.1, sha256sum. */
static const struct {
  size_t length;
  const char *hex;
} borders[] = {
    {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
    {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
    {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
    {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
};

static void test_block_borders(void **state)
{
  (void)state;
  char text[64], hex[LB_SHA256_HEX];
  memset(text, 'a', sizeof text);
  for (size_t i = 0; i < sizeof borders / sizeof *borders; i++) {
    lb_sha256_hex(text, borders[i].length, hex);
    assert_string_equal(hex, borders[i].hex);
  }
}

/* The processor's own instructions, where it has them, against plain C. */
static void test_fast_and_plain(void **state)
{
  (void)state;
  char text[600], fast[LB_SHA256_HEX], plain[LB_SHA256_HEX];
  for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * 131 + i / 7);
  for (size_t n = 0; n <= sizeof text; n++) {
    lb_sha256_hex(text, n, fast);
    lb_sha256_hex_plain(text, n, plain);
    assert_string_equal(fast, plain);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_vectors), LB_TEST(test_a_million_letters),
                                     LB_TEST(test_block_borders), LB_TEST(test_fast_and_plain)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
