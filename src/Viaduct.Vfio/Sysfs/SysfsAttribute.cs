namespace Viaduct.Vfio.Sysfs;

/// <summary>A file whose content is made when it is opened.</summary>
/// <param name="mode">Permission bits: octal 0444, 0644, …</param>
/// <param name="size">What stat shows: 4096 for text attributes, the true size for binary ones such as config.</param>
/// <param name="show">The content.</param>
public sealed class SysfsAttribute(int mode, long size, Func<byte[]> show) : SysfsNode
{
    /// <summary>A text attribute, mode 0444.</summary>
    /// <param name="text">The content without its last newline.</param>
    public static SysfsAttribute Text(string text)
        => new(Convert.ToInt32("444", 8), 4096, () => System.Text.Encoding.ASCII.GetBytes(text + "\n"));

    /// <summary>An attribute that has nothing to say, mode 0444.</summary>
    public static SysfsAttribute Empty() => new(Convert.ToInt32("444", 8), 4096, () => []);

    /// <summary>A text attribute of another mode.</summary>
    /// <param name="text">The content without its last newline.</param>
    /// <param name="mode">Permission bits.</param>
    public static SysfsAttribute Text(string text, int mode)
        => new(mode, 4096, () => System.Text.Encoding.ASCII.GetBytes(text + "\n"));

    /// <summary>Permission bits.</summary>
    public int Mode { get; } = mode;

    /// <summary>What stat shows.</summary>
    public long Size { get; } = size;

    /// <summary>Makes the content for who opens the file with CAP_SYS_ADMIN; null where everybody gets the same.</summary>
    public Func<byte[]>? ShowPrivileged { get; init; }

    /// <summary>Makes the content.</summary>
    /// <param name="isPrivileged">Who opens the file has CAP_SYS_ADMIN.</param>
    public byte[] Show(bool isPrivileged = false) => isPrivileged && ShowPrivileged is { } all ? all() : show();
}
