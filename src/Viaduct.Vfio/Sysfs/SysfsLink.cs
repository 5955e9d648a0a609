namespace Viaduct.Vfio.Sysfs;

/// <summary>A symbolic link, mode 0777.</summary>
/// <param name="target">What readlink says: relative, as sysfs has it.</param>
public sealed class SysfsLink(string target) : SysfsNode
{
    /// <summary>What readlink says.</summary>
    public string Target { get; } = target;
}
