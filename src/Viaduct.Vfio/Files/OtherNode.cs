namespace Viaduct.Vfio.Files;

/// <summary>A device node of the machine that is none of VFIO's, such as /dev/kvm.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Number">Its st_rdev.</param>
/// <param name="Open">The driver's open operation, which always succeeds.</param>
public sealed record OtherNode(string Path, int Mode, DeviceNumber Number, Func<VfioFile> Open);
