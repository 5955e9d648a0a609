using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Vfs;

/// <summary>One walk of an absolute path through our tree, as link_path_walk() does it. Good for one path.</summary>
/// <param name="root">Our tree's root.</param>
/// <param name="rules">How to walk.</param>
internal sealed class PathWalk(SysfsDirectory root, WalkRules rules)
{
    private const int MaximumLinks = 40;

    private readonly Stack<string> _rest = new();
    private readonly List<(string Name, SysfsNode Node)> _walked = [];
    private SysfsNode _node = root;
    private bool _throughOurs = rules.ThroughOurs;
    private bool _mustBeDirectory;
    private int _links;

    /// <summary>Walks.</summary>
    /// <param name="path">Absolute; may have dots, doubled and trailing slashes.</param>
    public Lookup Run(string path)
    {
        _mustBeDirectory = path.EndsWith('/') || path.EndsWith("/.", StringComparison.Ordinal);
        Push(path);
        while (_rest.TryPop(out var name))
        {
            if (Step(name) is { } end)
            {
                return end;
            }
        }

        return _mustBeDirectory && _node is not SysfsDirectory ? Lookup.Failed(Errno.ENOTDIR) : Found();
    }

    // Null where the walk goes on.
    private Lookup? Step(string name)
    {
        if (_node is not SysfsDirectory directory)
        {
            return Lookup.Failed(Errno.ENOTDIR);
        }

        if (name == ".")
        {
            return null;
        }

        if (name == "..")
        {
            return StepUp();
        }

        if (!directory.Children.TryGetValue(name, out var child))
        {
            return directory.IsOpaque ? Missing(directory) : HostBelow(name);
        }

        if (child is SysfsLink link && (_rest.Count > 0 || rules.Follow || _mustBeDirectory))
        {
            return Follow(link);
        }

        _walked.Add((name, child));
        _node = child;
        return null;
    }

    private Lookup? StepUp()
    {
        if (_walked.Count == rules.Floor)
        {
            return rules.FloorIsRoot ? null : Lookup.Failed(Errno.EXDEV);
        }

        if (_walked.Count > 0)
        {
            GoTo(_walked.Count - 1);
            _throughOurs = true; // what the kernel would have to pass may not be on this host
        }

        return null;
    }

    private Lookup? Follow(SysfsLink link)
    {
        if (rules.NoLinks || ++_links > MaximumLinks)
        {
            return Lookup.Failed(Errno.ELOOP);
        }

        _throughOurs = true;
        if (link.Target.StartsWith('/'))
        {
            if (rules.Floor >= 0 && !rules.FloorIsRoot)
            {
                return Lookup.Failed(Errno.EXDEV);
            }

            GoTo(Math.Max(rules.Floor, 0));
        }

        Push(link.Target);
        return null;
    }

    private void GoTo(int depth)
    {
        _walked.RemoveRange(depth, _walked.Count - depth);
        _node = depth > 0 ? _walked[^1].Node : root;
    }

    private void Push(string path)
    {
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            _rest.Push(part);
        }
    }

    // A directory that both have is the host's to stat, unless this host lacks it.
    private Lookup Found()
    {
        var path = WalkedPath();
        var isHost = _node is SysfsDirectory { IsOpaque: false }
            && !FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out _).IsError;
        var kind = !isHost ? LookupKind.Node : _throughOurs ? LookupKind.HostPath : LookupKind.Host;
        return new Lookup(kind, path, _node, Errno.None);
    }

    // With the directory in which the path's last component is missing.
    private Lookup Missing(SysfsDirectory parent)
        => new(LookupKind.Error, WalkedPath(), _rest.Count == 0 ? parent : null, Errno.ENOENT);

    private Lookup HostBelow(string name)
    {
        if (!_throughOurs)
        {
            return Lookup.Host;
        }

        if (rules.Floor >= 0 && _rest.Contains(".."))
        {
            return Lookup.Failed(Errno.EXDEV);
        }

        var parts = _walked.Select(w => w.Name).Append(name).Concat(_rest);
        return new Lookup(LookupKind.HostPath, "/" + string.Join('/', parts), null, Errno.None);
    }

    private string WalkedPath() => "/" + string.Join('/', _walked.Select(w => w.Name));
}
