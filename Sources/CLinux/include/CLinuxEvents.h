/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_EVENTS_H
#define CLINUX_EVENTS_H

#endif
