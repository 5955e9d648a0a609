namespace Viaduct.Vfio.Sysfs;

/// <summary>A directory, mode 0755.</summary>
/// <param name="isOpaque">True: the host's directory of the same path is hidden. False: both are seen as one.</param>
public sealed class SysfsDirectory(bool isOpaque) : SysfsNode
{
    private readonly SortedDictionary<string, SysfsNode> _children = new(StringComparer.Ordinal);

    /// <summary>True: the host's directory of the same path is hidden.</summary>
    public bool IsOpaque { get; internal set; } = isOpaque;

    /// <summary>The entries by name, without . and .. .</summary>
    public IReadOnlyDictionary<string, SysfsNode> Children => _children;

    internal void Set(string name, SysfsNode node) => _children[name] = node;
}
