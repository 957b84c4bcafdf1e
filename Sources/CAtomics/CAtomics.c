/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is in the header: a .c file compiled here has no cx16 (16 bytes would call libatomic). */
