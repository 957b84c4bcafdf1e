/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is in the header; the package manager wants a source file beside it. */
#include "CAtomics.h"
