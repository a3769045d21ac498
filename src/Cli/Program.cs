Console.WriteLine("barebert");
