using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher version</c></summary>
internal static class VersionCommand
{
    public static Command Create(HostEdges edges)
    {
        var command = new Command("version", "Show the version of Dispatcher and of what it runs on");
        command.SetAction(_ =>
        {
            var version = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            edges.Out.WriteLine($"dispatcher {version} ({RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})");
        });
        return command;
    }
}
