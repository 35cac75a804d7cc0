using Dispatcher.Steps.Handlers.Channels;
using Dispatcher.Web;
using Dispatcher.Web.Contracts;
using Dispatcher.Workflows;
using Yoga.Steps;

namespace Yoga;

/// <summary>The yoga coach as an application: Dispatcher with the seven playbooks, the contract's paths, and the channels.</summary>
internal static class YogaService
{
    /// <summary>The pipelines that come with the sample.</summary>
    public static WorkflowDefinition Pipeline { get; } = WorkflowDefinition.Parse(ReadResource("Yoga.workflow.yaml"));

    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var settings = builder.Configuration;
        var data = Path.GetFullPath(settings["data"] ?? "yoga-data");
        builder.Services.AddDispatcher(options =>
        {
            options.Store = options.Store with { DataDirectory = data };
            options.Contracts.Add(Contract.Yogacoach);
        });
        builder.Services.AddSingleton<IChannelDirectory>(new SampleDirectory(settings["line-user"] ?? "U4af4980629"));
        builder.Services.AddChannels(new ChannelOptions
        {
            AllowPrivateAddresses = true,
            Line = settings["line-url"] is { } line ? new LineOptions(new Uri(line), settings["line-token"] ?? "a-token") : null,
        });
        builder.Services.AddPlaybooks(settings.GetSection("yoga").Get<YogaOptions>() ?? new YogaOptions(), TimeSpan.FromMilliseconds(settings.GetValue("pause-ms", 0)));
        builder.Services.AddWorkflow(Pipeline);
        var app = builder.Build();
        app.MapDispatcher();
        return app;
    }

    private static string ReadResource(string name)
    {
        using var reader = new StreamReader(typeof(YogaService).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    /// <summary>Every user is bound to LINE, but those whose name says otherwise.</summary>
    private sealed class SampleDirectory(string lineUser) : IChannelDirectory
    {
        public ValueTask<ChannelBinding?> Find(string tenant, string user, string channel, CancellationToken cancellation) => ValueTask.FromResult(
            channel == "line" && !user.StartsWith("unbound", StringComparison.Ordinal)
                ? new ChannelBinding(lineUser) { PushEnabled = !user.StartsWith("unsubscribed", StringComparison.Ordinal), BotBlocked = user.StartsWith("blocked", StringComparison.Ordinal) }
                : null);
    }
}
