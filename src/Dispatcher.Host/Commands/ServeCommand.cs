using System.CommandLine;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher serve</c></summary>
internal static class ServeCommand
{
    public static Command Create(HostEdges edges)
    {
        var (data, store) = (SharedOptions.Data(), SharedOptions.Store());
        var config = SharedOptions.Config();
        var urls = new Option<string?>("--urls") { Description = "Where to listen (setting dispatcher.web.urls; http://127.0.0.1:5080 unless set); several with ';'", HelpName = "URL" };
        var command = new Command("serve", "Run the job service: REST gateway, live feed and engine") { config, urls, data, store };
        command.SetAction(async (parsed, _) =>
        {
            var settings = EffectiveSettings.Load(edges, parsed.GetValue(config), parsed.GetValue(data), parsed.GetValue(store));
            await using var service = ServiceHost.Build(settings, parsed.GetValue(urls), edges);
            return await service.Run();
        });
        return command;
    }
}
