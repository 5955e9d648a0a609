namespace Viaduct.Vfio.Sysfs;

/// <summary>Something of the machine that clients see under /sys: a bus, with its devices and drivers.</summary>
public interface ISysfsSource
{
    /// <summary>Adds its part of sysfs as it is now.</summary>
    /// <param name="tree">The tree, which is made anew after every change.</param>
    void Describe(SysfsTree tree);
}
