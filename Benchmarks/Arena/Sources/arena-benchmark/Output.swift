// SPDX-License-Identifier: Apache-2.0

import CBaseline

/// Prints one measurement: what was done, and a number.
func report(_ face: String, _ value: Double) { print("\(face)\t\(value)") }

/// Has the calling thread run on that processor alone.
func pin(to processor: Int) {
  precondition(
    cb_pin(Int32(processor)), "this process may not run on processor \(processor)")
}

/// Runs the faces in turn, so that what else happens on the machine hits all of them, and prints
/// what each returns. The first turn warms up.
func alternate<Failure: Error>(
  slices: Int, _ faces: [(name: String, slice: () throws(Failure) -> Double)]
) throws(Failure) {
  for slice in 0...slices {
    for face in faces {
      let value = try face.slice()
      if slice > 0 { report(face.name, value) }
    }
  }
}
