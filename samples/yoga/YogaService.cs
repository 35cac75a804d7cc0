using Dispatcher.Steps.Handlers.Channels;
using Dispatcher.Store;
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
            if (settings.GetValue<long?>("plan-minutes") is { } minutes)
                options.Node = options.Node with { Quota = options.Node.Quota with { DefaultPlan = new QuotaPlan("demo", minutes, "Ask whoever started the demo for more.") } };
        });
        var line = settings["line-url"] is { } url ? new LineOptions(new Uri(url), settings["line-token"] ?? "a-token") : null;
        builder.Services.AddYoga(settings.GetSection("yoga").Get<YogaOptions>() ?? new YogaOptions(), line, new Pace(TimeSpan.FromMilliseconds(settings.GetValue("pause-ms", 0)), settings["hold-at"]));
        var app = builder.Build();
        app.MapDispatcher();
        return app;
    }

    public static IServiceCollection AddYoga(this IServiceCollection services, YogaOptions options, LineOptions? line, Pace pace) => services
        .AddSingleton<IChannelDirectory, SampleDirectory>()
        .AddChannels(new ChannelOptions { AllowPrivateAddresses = true, Line = line })
        .AddPlaybooks(options, pace)
        .AddWorkflow(Pipeline);

    private static string ReadResource(string name)
    {
        using var reader = new StreamReader(typeof(YogaService).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    /// <summary>Every user is bound to LINE, but those whose name says otherwise.</summary>
    private sealed class SampleDirectory : IChannelDirectory
    {
        public ValueTask<ChannelBinding?> Find(string tenant, string user, string channel, CancellationToken cancellation) => ValueTask.FromResult(
            channel == "line" && !user.StartsWith("unbound", StringComparison.Ordinal)
                ? new ChannelBinding($"U-{user}") { PushEnabled = !user.StartsWith("unsubscribed", StringComparison.Ordinal), BotBlocked = user.StartsWith("blocked", StringComparison.Ordinal) }
                : null);
    }
}
