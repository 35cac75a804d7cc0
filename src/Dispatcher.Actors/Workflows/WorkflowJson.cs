using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Dispatcher.Workflows;

[JsonSerializable(typeof(JsonArray))]
internal sealed partial class WorkflowJson : JsonSerializerContext;
