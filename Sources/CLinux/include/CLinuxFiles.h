/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#endif
