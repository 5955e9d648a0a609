using System.CommandLine;

namespace NvmeDisk.Commands;

/// <summary>Which blocks a command works on.</summary>
internal sealed class RangeOptions
{
    private readonly Option<ulong> _first = new("--lba")
    {
        Description = "The first logical block.",
        HelpName = "LBA",
        DefaultValueFactory = static _ => 0,
    };

    private readonly Option<ulong?> _count = new("--blocks")
    {
        Description = "How many logical blocks; to the namespace's end by default.",
        HelpName = "N",
    };

    internal void AddTo(Command command)
    {
        command.Options.Add(_first);
        command.Options.Add(_count);
    }

    /// <summary>The range, which is inside the namespace.</summary>
    internal (ulong First, ulong Count) Get(ParseResult result, Disk disk)
    {
        var first = result.GetValue(_first);
        return (first, disk.CheckRange(first, result.GetValue(_count)));
    }
}
