// A plugin for qemu (plugin API 1, qemu 7): counts executed guest instructions, in all and in the functions whose symbol
// contains a text.
//
// usage: qemu-aarch64 -plugin icount.so,in=TEXT,in=TEXT.. PROGRAM
//
// Debian has no package with the API's header; these are its prototypes.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, enum qemu_plugin_op, void *, uint64_t);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum qemu_plugin_op, void *, uint64_t);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

enum { MOST_TEXTS = 16 };
static char texts[MOST_TEXTS][64];
static uint64_t counts[MOST_TEXTS];
static int text_count;
static uint64_t total;

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  size_t instructions = qemu_plugin_tb_n_insns(block);
  qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &total, instructions);
  for (size_t i = 0; i < instructions; i++) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    const char *symbol = qemu_plugin_insn_symbol(instruction);
    for (int t = 0; symbol && t < text_count; t++) {
      if (!strstr(symbol, texts[t])) continue;
      qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &counts[t], 1);
      break;
    }
  }
}

static void finished(qemu_plugin_id_t id, void *unused) {
  fprintf(stderr, "instructions total %llu\n", (unsigned long long)total);
  for (int t = 0; t < text_count; t++) {
    fprintf(stderr, "instructions %s %llu\n", texts[t], (unsigned long long)counts[t]);
  }
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count, char **arguments) {
  for (int i = 0; i < count && text_count < MOST_TEXTS; i++) {
    if (strncmp(arguments[i], "in=", 3)) continue;
    snprintf(texts[text_count++], sizeof texts[0], "%s", arguments[i] + 3);
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, finished, 0);
  return 0;
}
