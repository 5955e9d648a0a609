using System.CommandLine;
using Viaduct.Cli.Commands;

var root = new RootCommand("Viaduct: Linux's VFIO in user space. Runs unmodified VFIO programs with device models in place of "
    + "hardware: no root, no kernel module, no VM.")
{
    RunCommand.Create(),
    DevicesCommand.Create(),
    DoctorCommand.Create(),
    DemoCommand.Create(),
};
return root.Parse(args).Invoke();
