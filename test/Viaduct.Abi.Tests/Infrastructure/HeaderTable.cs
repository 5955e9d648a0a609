using System.Globalization;

namespace Viaduct.Abi.Tests.Infrastructure;

/// <summary>The table that layouts/generate.sh prints; its format is described in generate-layouts.c.</summary>
internal sealed class HeaderTable
{
    /// <summary>Where the table and its generator are.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "layouts");

    /// <summary>The checked-in table.</summary>
    public static HeaderTable Pinned { get; } = new(File.ReadAllLines(Path.Combine(Folder, "layouts-linux-7.txt")));

    public HeaderTable(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Add(line);
        }
    }

    /// <summary>The kernel version of the headers.</summary>
    public Version Kernel { get; private set; } = new();

    public Dictionary<string, HeaderStruct> Structs { get; } = [];

    public Dictionary<string, ulong> Constants { get; } = [];

    /// <summary>Constants whose value is another one on POWER.</summary>
    public Dictionary<string, ulong> PowerPcConstants { get; } = [];

    public Dictionary<string, string> Strings { get; } = [];

    private void Add(string line)
    {
        var words = line.Split(' ');
        switch (words)
        {
            case ["#", "linux", var version]:
                Kernel = Version.Parse(version);
                break;
            case ["#", ..]:
                break;
            case ["struct", var name, "size", var size]:
                Structs.Add(name, new HeaderStruct(name, int.Parse(size)));
                break;
            case ["field", var path, "offset", var offset, "size", var size]:
                AddField(path, new HeaderField(int.Parse(offset), int.Parse(size)));
                break;
            case ["tail", var path, "offset", var offset]:
                Structs[path.Split('.')[0]].Tail = int.Parse(offset);
                break;
            case ["const", var name, var value]:
                Constants.Add(name, Hex(value));
                break;
            case ["const", var name, var value, "powerpc", var power]:
                Constants.Add(name, Hex(value));
                PowerPcConstants.Add(name, Hex(power));
                break;
            case ["string", var name, var value]:
                Strings.Add(name, value.Trim('"'));
                break;
            default:
                throw new InvalidDataException($"Not a line of the table: {line}");
        }
    }

    private void AddField(string path, HeaderField field)
    {
        var (owner, name) = (path.Split('.')[0], path.Split('.')[1]);
        Structs[owner].Fields.Add(name, field);
    }

    private static ulong Hex(string value) => ulong.Parse(value.AsSpan(2), NumberStyles.HexNumber);
}
