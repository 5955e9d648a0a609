using System.Text;
using Viaduct.Cli.Machine;
using Viaduct.Pci;
using Viaduct.Supervisor;
using Viaduct.Supervisor.Vfs;

namespace Viaduct.Fuzz.InProcess;

/// <summary>Paths and options: pieces of right ones, and any bytes between.</summary>
internal static class TextSequence
{
    private const int Length = 300;

    private static readonly string[] s_pieces =
    [
        "/", "//", ".", "..", "/proc", "/self", "/thread-self", "/task/", "/fd/", "/fdinfo/", "/cwd", "/dev", "/vfio", "/sys/bus/pci",
        "/devices", "/0000:01:00.0", "/iommu_group", "/driver", "/config", "1", "900", "2147483648", "-1", "edu", "ioat", ",", "=",
        "addr", "group", "0000:01:00.0", "ffff:ff:1f.7", "help", " ", "\n", "\u00e9",
    ];

    /// <summary>Runs one.</summary>
    /// <returns>Texts tried.</returns>
    public static int Run(FuzzRandom random)
    {
        var machine = new MachineBuilder(new RunStatistics(), _ => { });
        _ = DeviceSpec.TryParse("edu", out var edu, out _) && machine.TryAdd([edu], out _);
        var files = new VirtualFileSystem(machine.System);
        for (var i = 0; i < Length; i++)
        {
            var text = Any(random);
            _ = ProcPath.TryParse(text, out _);
            _ = PciAddress.TryParse(text, out _);
            _ = VirtualFileSystem.IsSurelyHost(Encoding.UTF8.GetBytes(text));
            _ = files.Find("/" + text, new WalkRules
            {
                Follow = random.OneIn(2),
                ThroughOurs = random.OneIn(2),
                NoLinks = random.OneIn(4),
                Floor = random.OneIn(4) ? 1 : -1,
                FloorIsRoot = random.OneIn(2),
            });
            if (DeviceSpec.TryParse(text, out var spec, out var error) == error is not null)
            {
                throw new FuzzFailure($"'{text}' is right and wrong");
            }

            if (spec is not null)
            {
                _ = new MachineBuilder(new RunStatistics(), _ => { }).TryAdd([spec, spec], out _);
            }
        }

        return Length;
    }

    private static string Any(FuzzRandom random)
    {
        var text = new StringBuilder();
        Span<byte> bytes = stackalloc byte[5];
        for (var i = random.Below(8); i >= 0; i--)
        {
            if (random.OneIn(4))
            {
                random.Fill(bytes);
                text.Append(Encoding.UTF8.GetString(bytes[random.Below(bytes.Length)..]));
            }
            else
            {
                text.Append(random.Pick(s_pieces));
            }
        }

        return text.ToString();
    }
}
