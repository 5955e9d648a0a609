namespace Viaduct.Vfio.Sysfs;

/// <summary>An entry of sysfs.</summary>
public abstract class SysfsNode;
