using Viaduct.Abi;

namespace Viaduct.Vfio.Sysfs;

/// <summary>
/// An attribute's store operation. It may wait, for a client to leave a device say: whoever wrote waits as long, and nobody
/// else.
/// </summary>
/// <param name="write">What was written.</param>
/// <returns>Zero where all of it was taken; an errno.</returns>
public delegate ValueTask<SysResult> SysfsStore(SysfsWrite write);
