using Dataset;
using Dispatcher.Web;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.JobOrchestrator;

if (args is ["images", ..]) return await ImageServer.Run(args[1..]);

var builder = WebApplication.CreateBuilder(args);
var data = Path.GetFullPath(builder.Configuration["data"] ?? "dataset-data");
var options = new BuildOptions(
    new Uri(builder.Configuration["source"] ?? throw new InvalidOperationException("Say where the images are: --source http://127.0.0.1:PORT/")),
    Path.GetFullPath(builder.Configuration["out"] ?? "dataset"),
    builder.Configuration.GetValue("job", 1L),
    TimeSpan.FromMilliseconds(builder.Configuration.GetValue("pause-ms", 0)),
    builder.Configuration["pause-at"]);

builder.Services.AddDispatcher(dispatcher =>
{
    dispatcher.Store = dispatcher.Store with { DataDirectory = data };
    dispatcher.Contracts.Add(Contract.JobOrchestrator);
});
builder.Services.AddSingleton(TimeProvider.System);
using var tools = new ImageTools(TimeProvider.System);
builder.Services.AddOrchestratedWorkflow(DatasetWorkflow.Of(new DatasetSteps(options, tools)));
builder.Services.AddSingleton(options);
builder.Services.AddHostedService<BuildRun>();

var app = builder.Build();
app.MapDispatcher();
await app.RunAsync();
return Environment.ExitCode;
