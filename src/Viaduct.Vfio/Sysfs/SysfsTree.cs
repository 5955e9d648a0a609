namespace Viaduct.Vfio.Sysfs;

/// <summary>
/// The part of a client's file system that is ours: below /sys, /dev and /proc. A door shows it over the host's.
/// </summary>
public sealed class SysfsTree
{
    /// <summary>The root, /.</summary>
    public SysfsDirectory Root { get; } = new(isOpaque: false);

    /// <summary>Adds a directory, with those above it where they are missing.</summary>
    /// <param name="path">Absolute, without links, dots or a trailing slash.</param>
    /// <param name="opaque">Hide the host's directory of that path.</param>
    public SysfsDirectory AddDirectory(string path, bool opaque = false)
    {
        var directory = Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!directory.Children.TryGetValue(name, out var child))
            {
                child = new SysfsDirectory(isOpaque: directory.IsOpaque);
                directory.Set(name, child);
            }

            directory = (SysfsDirectory)child;
        }

        directory.IsOpaque |= opaque;
        return directory;
    }

    /// <summary>Adds a link or an attribute, with the directories above it.</summary>
    public void Add(string path, SysfsNode node)
    {
        var slash = path.LastIndexOf('/');
        AddDirectory(path[..slash]).Set(path[(slash + 1)..], node);
    }
}
