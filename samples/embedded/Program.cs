using Dispatcher.Web;
using Embedded;

var builder = WebApplication.CreateBuilder(args);
var data = Path.GetFullPath(builder.Configuration["data"] ?? "report-data");

builder.Services.AddDispatcher(options => options.Store = options.Store with { DataDirectory = data });
builder.Services.AddReports(new ReportOptions(Path.Combine(data, "uploads"), builder.Configuration.GetValue("pause-ms", 0)));

var app = builder.Build();
app.MapDispatcher();
app.MapReports();
app.Run();
