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
    /// <param name="mode">Permission bits; null for 0444.</param>
    public static SysfsAttribute Empty(int? mode = null) => new(mode ?? Convert.ToInt32("444", 8), 4096, () => []);

    /// <summary>A text attribute of another mode.</summary>
    /// <param name="text">The content without its last newline.</param>
    /// <param name="mode">Permission bits.</param>
    public static SysfsAttribute Text(string text, int mode)
        => new(mode, 4096, () => System.Text.Encoding.ASCII.GetBytes(text + "\n"));

    /// <summary>A text attribute that can be written by its owner, mode 0644.</summary>
    /// <param name="show">The content without its last newline; empty for none at all.</param>
    /// <param name="store">Takes what is written.</param>
    /// <param name="isGone">See <see cref="IsGone"/>.</param>
    public static SysfsAttribute Writable(Func<string> show, SysfsStore store, Func<bool>? isGone = null)
        => new(
            Convert.ToInt32("644", 8),
            4096,
            () => show() is { Length: > 0 } text ? System.Text.Encoding.Latin1.GetBytes(text + "\n") : [])
        {
            Store = store,
            IsGone = isGone,
        };

    /// <summary>A text attribute that can only be written, by its owner, mode 0200.</summary>
    /// <param name="store">Takes what is written.</param>
    /// <param name="isGone">See <see cref="IsGone"/>.</param>
    public static SysfsAttribute WriteOnly(SysfsStore store, Func<bool>? isGone = null)
        => new(Convert.ToInt32("200", 8), 4096, () => []) { Store = store, IsGone = isGone };

    /// <summary>What the attribute is of is no longer there: transfers by who has it open still are ENODEV. Null where it stays for the
    /// whole run.</summary>
    public Func<bool>? IsGone { get; init; }

    /// <summary>Takes what is written; null where nothing can be, whatever the mode: the kernel answers EACCES to who would open it.</summary>
    public SysfsStore? Store { get; init; }

    /// <summary>A file of bytes (struct bin_attribute): a write is cut at <see cref="Size"/>, and its position matters. Text
    /// comes whole, a page at the most, wherever it is written to.</summary>
    public bool IsBinary { get; init; }

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
