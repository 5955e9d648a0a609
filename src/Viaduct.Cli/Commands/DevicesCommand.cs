using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Viaduct.Cli.Machine;
using Viaduct.Cli.Output;
using Viaduct.Devices.Catalog;
using Viaduct.Pci.Drivers;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct devices</c>.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "A model's name, to see its keys and registers.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON, for programs to read." };
        var command = new Command("devices", "List the device models, or show one model's keys and registers.") { name, json };
        command.SetAction(result => Show(result.GetValue(name), result.GetValue(json)));
        return command;
    }

    /// <summary>Shows all models, or one.</summary>
    public static int Show(string? name, bool json)
    {
        if (name is null)
        {
            WriteAll(json);
            return ExitCodes.Success;
        }

        if (!Models.TryFind(name, out var model, out var error))
        {
            return ErrorText.Write(error!, "fix: 'viaduct devices' lists the models");
        }

        WriteModel(model, json);
        return ExitCodes.Success;
    }

    private static void WriteAll(bool json)
    {
        if (json)
        {
            using var stream = Console.OpenStandardOutput();
            using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            writer.WriteStartArray();
            foreach (var model in DeviceCatalog.All)
            {
                WriteJson(writer, model);
            }

            writer.WriteEndArray();
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("device", "PCI ID", "what it is");
        foreach (var model in DeviceCatalog.All)
        {
            table.AddRow(Markup.Escape(model.Name), model.PciId, Markup.Escape(model.Summary));
        }

        Screen.Output().Write(table);
        Console.WriteLine("viaduct devices NAME shows a model's keys and registers.");
    }

    private static void WriteModel(DeviceModel model, bool json)
    {
        if (json)
        {
            using var stream = Console.OpenStandardOutput();
            using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            WriteJson(writer, model);
            return;
        }

        Console.WriteLine($"{model.Name} ({model.PciId}): {model.Summary}");
        var keys = new Table().Border(TableBorder.Rounded).AddColumns("key", "values", "default", "what it does");
        keys.AddRow(DeviceSpec.AddressKey, "0000:01:00.0", "first free bus", "Where the device is");
        keys.AddRow(DeviceSpec.DriverKey, "a name, or none", VfioPciDriver.OwnName, "Who has the device: a host's driver makes its group not viable");
        keys.AddRow(DeviceSpec.GroupKey, "0-65535", "one of its own", "The IOMMU group that it is in");
        keys.AddRow(DeviceSpec.IommuKey, $"{IommuKinds.Type1}, {IommuKinds.Spapr}, {IommuKinds.None}", "that of --iommu", "What is between the device and memory");
        foreach (var key in model.Keys)
        {
            keys.AddRow(Markup.Escape(key.Name), Markup.Escape(key.Values), Markup.Escape(key.Default), Markup.Escape(key.Help));
        }

        Screen.Output().Write(keys);
        if (model.Registers.Count == 0)
        {
            return;
        }

        var registers = new Table().Border(TableBorder.Rounded)
            .AddColumns("offset", "bytes", "register", "access", "reset");
        foreach (var register in model.Registers)
        {
            registers.AddRow(
                string.Create(CultureInfo.InvariantCulture, $"0x{register.Offset:x}"),
                register.Bytes.ToString(CultureInfo.InvariantCulture),
                Markup.Escape(register.Name),
                register.Access.ToString(),
                string.Create(CultureInfo.InvariantCulture, $"0x{register.Reset:x}"));
        }

        Screen.Output().Write(registers);
    }

    private static void WriteJson(Utf8JsonWriter writer, DeviceModel model)
    {
        writer.WriteStartObject();
        writer.WriteString("name", model.Name);
        writer.WriteString("pciId", model.PciId);
        writer.WriteString("summary", model.Summary);
        writer.WriteStartArray("keys");
        foreach (var key in model.Keys)
        {
            writer.WriteStartObject();
            writer.WriteString("name", key.Name);
            writer.WriteString("values", key.Values);
            writer.WriteString("default", key.Default);
            writer.WriteString("help", key.Help);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
