using Dispatcher.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Bench.Http;

/// <summary>
/// The bare loop of the gateway: Kestrel reads a body and writes, through the same group commit, the appends of one job of the measured workflow; no routing to speak of,
/// no validation, no actors.
/// </summary>
internal static class BareServer
{
    public const string Verb = "bare-http";

    public static async Task<int> Run(string directory)
    {
        await using var node = BenchNode.Open(Path.Combine(directory, "recorded"));
        await node.Node.Start();
        var workflow = BenchNode.NoopSteps("bench", 1);
        await node.Node.Workflows.Register(workflow);
        await using var bare = await BareLoop.Record(node, new JobSpec { Workflow = workflow.Reference }, Path.Combine(directory, "bare"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(async http =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null);
            await bare.RunJob();
            http.Response.StatusCode = StatusCodes.Status201Created;
            await http.Response.WriteAsync("""{"status":"completed"}""");
        });
        await app.StartAsync();
        Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await ((IHost)app).WaitForShutdownAsync();
        return 0;
    }
}
