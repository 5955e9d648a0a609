using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

/// <summary>Golden/edu-info.txt is what a real kernel wrote into the info structures of QEMU's edu, for many sizes.
/// </summary>
public sealed partial class EduInfoGoldenTests
{
    [Fact]
    public void InfoStructures_AreTheKernels_ToTheByte()
    {
        using var client = new Client(TestFunction.Edu());
        var seen = 0;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", "edu-info.txt")))
        {
            if (InfoLine().Match(line) is not { Success: true } match)
            {
                continue;
            }

            seen++;
            var expected = match.Groups["bytes"].Value;
            var bytes = client.ArgumentBytes[..(expected.Length / 2)];
            bytes.Fill(0xaa);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, Convert.ToUInt32(match.Groups["argsz"].Value, 16));
            if (match.Groups["index"].Success)
            {
                var index = uint.Parse(match.Groups["index"].Value, CultureInfo.InvariantCulture);
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], index);
            }

            var result = client.Ioctl(match.Groups["name"].Value switch
            {
                "INFO" => VfioIoctl.VFIO_DEVICE_GET_INFO,
                "REGION_INFO" => VfioIoctl.VFIO_DEVICE_GET_REGION_INFO,
                _ => VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO,
            });
            var text = result.IsError ? $"-1 {result.Errno}" : $"{result.Raw}";
            Assert.Equal((line, match.Groups["result"].Value), (line, text));
            Assert.Equal((line, expected), (line, Convert.ToHexStringLower(bytes)));
        }

        Assert.Equal(189, seen);
    }

    private const string Pattern = @"^GET_(?<name>INFO|REGION_INFO|IRQ_INFO)\(argsz=(?<argsz>0x[0-9a-f]+|0)"
        + @"(, index=(?<index>\d+))?\) = (?<result>-1 \w+|0) (?<bytes>[0-9a-f]+)$";

    [GeneratedRegex(Pattern)]
    private static partial Regex InfoLine();
}
