using System.Globalization;
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
/// The bare loop of the gateway: Kestrel reads a body, writes the first append of a job (or of so many) through the same group commit, answers 201, and then writes the
/// job's other appends one after the other, as a job that runs would. No routing to speak of, no validation, no actors.
/// </summary>
/// <remarks><c>POST /run/3</c> makes three jobs that run; <c>POST /accept/1</c> one of which only the first append is written; <c>GET /open</c> tells how many run.</remarks>
internal static class BareServer
{
    public const string Verb = "bare-http";
    private const string Answer = """{"id":"job_00000000000000000000000000","status":"queued","version":1,"workflow":{"name":"bench","version":1}}""";

    private static int _open;

    public static async Task<int> Run(string directory)
    {
        await using var node = BenchNode.Open(Path.Combine(directory, "recorded"));
        await node.Node.Start();
        var workflow = BenchNode.NoopSteps("bench", 3);
        await node.Node.Workflows.Register(workflow);
        await using var bare = await BareLoop.Record(node, new JobSpec { Workflow = workflow.Reference }, Path.Combine(directory, "bare"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(http => Serve(http, bare));
        await app.StartAsync();
        Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await ((IHost)app).WaitForShutdownAsync();
        return 0;
    }

    private static async Task Serve(HttpContext http, BareLoop bare)
    {
        var path = http.Request.Path.Value!.Split('/');
        if (path[1] == "open")
        {
            await http.Response.WriteAsync(Volatile.Read(ref _open).ToString(CultureInfo.InvariantCulture));
            return;
        }

        await http.Request.Body.CopyToAsync(Stream.Null);
        var jobs = new Task<JobId>[int.Parse(path[2], CultureInfo.InvariantCulture)];
        for (var i = 0; i < jobs.Length; i++) jobs[i] = bare.Accept();
        await Task.WhenAll(jobs);
        if (path[1] == "run")
        {
            foreach (var job in jobs) _ = Finish(bare, await job);
        }

        http.Response.StatusCode = StatusCodes.Status201Created;
        await http.Response.WriteAsync(Answer);
    }

    private static async Task Finish(BareLoop bare, JobId job)
    {
        Interlocked.Increment(ref _open);
        try
        {
            await bare.Finish(job);
        }
        catch (Exception failure)
        {
            Environment.FailFast("A bare job could not be written.", failure);
        }

        Interlocked.Decrement(ref _open);
    }
}
